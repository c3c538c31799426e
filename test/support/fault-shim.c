/*
 * Fails one of the calls by which a process changes files, or kills the process in it: each call has a number, in the order of the whole process. strace
 * counts the calls of each thread, so that a fault for the thread of a backup would hit the main thread first.
 *
 * Loaded with LD_PRELOAD. Without FAULT_CONTROL it does nothing. That file holds a `struct control`, which the test writes between two commands and this
 * library reads at each call. FAULT_LOG gets a line for each call on a file below the directory: its name and the path.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOTHING, FAIL_ONCE, FAIL_FROM_THEN_ON, KILL };

/* As FaultShim writes it. */
struct control {
  uint32_t fault;
  uint32_t error;    /* errno */
  uint32_t at;       /* number of the call, from 1 */
  uint32_t calls;    /* counted here */
  uint32_t injected; /* counted here */
  char directory[PATH_MAX];
};

static struct control *control;
static int log_file = -1;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void load(void) {
  const char *path = getenv("FAULT_CONTROL");
  const char *log = getenv("FAULT_LOG");
  if (path == NULL || log == NULL) return;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) _exit(97);
  void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) _exit(97);
  close(file);
  log_file = open(log, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (log_file < 0) _exit(97);
  control = mapped;
}

/* Whether the call is to fail, with errno set. `is_half`: set if the process is to write half of it and die. */
static int fails(const char *name, const char *path, int needs_space, int *is_half) {
  size_t length = control == NULL ? 0 : strnlen(control->directory, PATH_MAX);
  if (length == 0 || strncmp(path, control->directory, length) != 0) return 0;
  uint32_t number = __atomic_add_fetch(&control->calls, 1, __ATOMIC_SEQ_CST);
  char line[PATH_MAX + 32];
  int bytes = snprintf(line, sizeof line, "%s %s\n", name, path);
  syscall(SYS_write, log_file, line, (size_t)bytes);
  int is_now = number == control->at;
  int is_after = control->fault == FAIL_FROM_THEN_ON && number > control->at && needs_space;
  if (control->fault == NOTHING || !(is_now || is_after)) return 0;
  __atomic_add_fetch(&control->injected, 1, __ATOMIC_SEQ_CST);
  if (control->fault == KILL) {
    if (is_half != NULL) {
      *is_half = 1;
      return 0;
    }
    raise(SIGKILL);
  }
  errno = (int)control->error;
  return 1;
}

static int fails_of(const char *name, int file, int needs_space, int *is_half) {
  if (control == NULL || file <= STDERR_FILENO || file == log_file) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t bytes = readlink(link, path, sizeof path - 1);
  if (bytes < 0) return 0;
  path[bytes] = '\0';
  return fails(name, path, needs_space, is_half);
}

ssize_t write(int file, const void *data, size_t bytes) {
  int is_half = 0;
  if (fails_of("write", file, 1, &is_half)) return -1;
  ssize_t written = NEXT(write)(file, data, is_half ? bytes / 2 : bytes);
  if (is_half) raise(SIGKILL);
  return written;
}

ssize_t pwrite64(int file, const void *data, size_t bytes, off64_t offset) {
  int is_half = 0;
  if (fails_of("pwrite", file, 1, &is_half)) return -1;
  ssize_t written = NEXT(pwrite64)(file, data, is_half ? bytes / 2 : bytes, offset);
  if (is_half) raise(SIGKILL);
  return written;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  return fails_of("writev", file, 1, NULL) ? -1 : NEXT(writev)(file, parts, count);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
  return fails_of("pwritev", file, 1, NULL) ? -1 : NEXT(pwritev64)(file, parts, count, offset);
}

int fsync(int file) { return fails_of("fsync", file, 1, NULL) ? -1 : NEXT(fsync)(file); }

int fdatasync(int file) { return fails_of("fdatasync", file, 1, NULL) ? -1 : NEXT(fdatasync)(file); }

int ftruncate64(int file, off64_t bytes) { return fails_of("ftruncate", file, 0, NULL) ? -1 : NEXT(ftruncate64)(file, bytes); }

int rename(const char *from, const char *to) { return fails("rename", to, 1, NULL) ? -1 : NEXT(rename)(from, to); }

int link(const char *from, const char *to) { return fails("link", to, 1, NULL) ? -1 : NEXT(link)(from, to); }

int unlink(const char *path) { return fails("unlink", path, 0, NULL) ? -1 : NEXT(unlink)(path); }

/* What rmSync() calls from Node 23 on. */
int remove(const char *path) { return fails("unlink", path, 0, NULL) ? -1 : NEXT(remove)(path); }

int mkdir(const char *path, mode_t mode) { return fails("mkdir", path, 1, NULL) ? -1 : NEXT(mkdir)(path, mode); }

int open64(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    struct stat found;
    if (stat(path, &found) != 0 && fails("create", path, 1, NULL)) return -1;
  }
  return NEXT(open64)(path, flags, mode);
}
