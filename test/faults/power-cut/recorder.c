/*
 * Records every call by which processes change the files of one directory, in one total order, with the bytes, and what they write to standard output. That is all
 * a model of a disk needs to make every state that a power cut could have left (disk-model.ts).
 *
 * Loaded with LD_PRELOAD. Without RECORDER_CONTROL it does nothing. That file holds a `struct control`, which is shared by all recorded processes. A call
 * on a file below the directory takes the lock, is made, and is appended to RECORDER_LOG, so that the log has the order in which the calls took effect.
 * The lock is robust: a process that is killed with it does not block the others.
 *
 * -shm is left out: a power cut removes it. A way of writing that is not recorded (a shared mapping, copy_file_range) is logged as such, and fails the recording.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NO_FAULT, SKIP_SYNC, FAIL_SYNC, HIDE_FAILED_SYNC, KILL_IN_WRITE, FAIL_SYNCS_FROM_THEN_ON, FAIL_SYNC_AND_KILL, FAIL_CALL };
/* Kinds of files, as bits. */
enum { WAL = 1, LEDGER = 2, DIRECTORY = 4, OTHER = 8 };

/* Kinds of calls that FAIL_CALL is about, and that are counted; in the order of CALL_KINDS of recorder.ts. */
enum { CALL_WRITE, CALL_SYNC, CALL_TRUNCATE, CALL_OPEN, CALL_NAME, CALL_REMOVE, CALL_MKDIR, CALL_KINDS };

/* As Recorder writes it, but for the first two members. */
struct control {
  pthread_mutex_t mutex;
  char padding[64 - sizeof(pthread_mutex_t) - 4];
  uint32_t is_ready;
  uint32_t fault;
  uint32_t files; /* kinds of files that it is about */
  uint32_t at;    /* number of the call, from 1; 0: each */
  uint32_t calls; /* counted here */
  uint32_t fired; /* counted here */
  uint32_t outputs; /* writes to standard output, counted here */
  uint32_t call;    /* of FAIL_CALL: the kind */
  uint32_t error;   /* of FAIL_CALL: errno; 0: a sync passes for a good one */
  uint32_t counts[CALL_KINDS]; /* calls of each kind, counted here */
  char directory[PATH_MAX];
};

/* What follows a record's head in the log: the path, a second path, the data. */
struct head {
  uint32_t kind;
  int32_t process;
  uint64_t file; /* number of the inode */
  int64_t place; /* of a write the offset, of a truncation the size, of a sync how it ended */
  uint32_t path_bytes;
  uint32_t other_bytes;
  uint64_t data_bytes;
};

enum { SYNCED, SYNC_FAILED, SYNC_SKIPPED };

static struct control *control;
static int log_file = -1;

static void make_lock(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&control->mutex, &attributes);
  control->is_ready = 1;
}

__attribute__((constructor)) static void load(void) {
  const char *path = getenv("RECORDER_CONTROL");
  const char *log = getenv("RECORDER_LOG");
  if (path == NULL || log == NULL) return;
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (file < 0) _exit(97);
  void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) _exit(97);
  log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (log_file < 0) _exit(97);
  control = mapped;
  flock(file, LOCK_EX);
  if (!control->is_ready) make_lock();
  flock(file, LOCK_UN);
  close(file);
}

static void lock(void) {
  if (pthread_mutex_lock(&control->mutex) == EOWNERDEAD) pthread_mutex_consistent(&control->mutex);
}

static void unlock(void) {
  int error = errno;
  pthread_mutex_unlock(&control->mutex);
  errno = error;
}

/* A log with a gap would make states that no power cut leaves. */
static void append(char kind, uint64_t file, int64_t place, const char *path, const char *other, const void *data, size_t bytes) {
  int error = errno;
  struct head head = {(uint32_t)kind, getpid(), file, place, (uint32_t)strlen(path), (uint32_t)strlen(other), bytes};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)path, head.path_bytes}, {(void *)other, head.other_bytes}, {(void *)data, bytes}};
  ssize_t written = syscall(SYS_writev, log_file, parts, 4);
  if (written != (ssize_t)(sizeof head + head.path_bytes + head.other_bytes + bytes)) _exit(98);
  errno = error;
}

/* The part of the path below the directory; NULL if it is not there, or is a -shm. */
static const char *inner(const char *path) {
  size_t length = control == NULL ? 0 : strnlen(control->directory, PATH_MAX);
  if (length == 0 || strncmp(path, control->directory, length) != 0) return NULL;
  if (path[length] != '\0' && path[length] != '/') return NULL;
  const char *rest = path + length + (path[length] == '/');
  size_t bytes = strlen(rest);
  static const char deleted[] = " (deleted)";
  size_t end = bytes >= sizeof deleted && strcmp(rest + bytes - (sizeof deleted - 1), deleted) == 0 ? bytes - (sizeof deleted - 1) : bytes;
  return end >= 4 && strncmp(rest + end - 4, "-shm", 4) == 0 ? NULL : rest;
}

static const char *inner_of(int file, char *path) {
  if (control == NULL || control->directory[0] == '\0' || file < 0 || file == log_file) return NULL;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t bytes = readlink(link, path, PATH_MAX - 1);
  if (bytes < 0) return NULL;
  path[bytes] = '\0';
  return inner(path);
}

/* Of a path as a call has it, relative to a directory that is open, or to the working directory. */
static const char *inner_at(int directory, const char *given, char *path) {
  if (control == NULL || control->directory[0] == '\0') return NULL;
  if (given[0] == '/') return inner(given);
  char link[64];
  if (directory == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
  else snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
  ssize_t bytes = readlink(link, path, PATH_MAX - 1);
  if (bytes < 0) return NULL;
  snprintf(path + bytes, PATH_MAX - (size_t)bytes, "/%s", given);
  return inner(path);
}

static int ends_with(const char *path, const char *end) {
  size_t bytes = strlen(path), wanted = strlen(end);
  return bytes >= wanted && strcmp(path + bytes - wanted, end) == 0;
}

static uint32_t kind_of(const char *path, const struct stat *found) {
  if (S_ISDIR(found->st_mode)) return DIRECTORY;
  if (ends_with(path, "-wal")) return WAL;
  return ends_with(path, ".codex") ? LEDGER : OTHER;
}

/* With the lock: whether the fault is for this call. */
static int is_due(uint32_t kind) {
  if (!(control->files & kind)) return 0;
  uint32_t number = ++control->calls;
  int is_after = control->fault == FAIL_SYNCS_FROM_THEN_ON && number > control->at;
  if (control->at != 0 && control->at != number && !is_after) return 0;
  control->fired++;
  return 1;
}

/* With the lock, for each call on a file below the directory: whether it is the one that fails. Then errno is set, and nothing of it was made. */
static int fails(uint32_t call, const char *name) {
  uint32_t number = ++control->counts[call];
  if (control->fault != FAIL_CALL || control->call != call || control->at != number) return 0;
  control->fired++;
  append('F', 0, 0, name, "", NULL, 0);
  errno = (int)control->error;
  return 1;
}

/* A disk or a quota that becomes full takes a part of what is written. */
static int is_full(void) { return control->error == ENOSPC || control->error == EDQUOT; }

/* With the lock: appends what was written, where it ended up. */
static void wrote(int file, const char *path, const struct stat *found, const void *data, ssize_t bytes, off64_t offset) {
  if (bytes > 0) append('W', found->st_ino, offset < 0 ? lseek64(file, 0, SEEK_CUR) - bytes : offset, path, "", data, (size_t)bytes);
}

/* Whether the last write of this thread was made to fail. */
static __thread int is_made_to_fail;

/* `offset`: -1 for the position of the file. */
static ssize_t record_write(int file, const void *data, size_t bytes, off64_t offset) {
  char path[PATH_MAX];
  const char *name = inner_of(file, path);
  struct stat found;
  is_made_to_fail = 0;
  if (name == NULL || fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) {
    /* logged before it is made, without the lock: a full pipe would block, and what is acknowledged counts from here on */
    if (file == STDOUT_FILENO && name == NULL && control != NULL && control->directory[0] != '\0') {
      lock();
      append('O', 0, 0, "", "", data, bytes);
      control->outputs++;
      unlock();
    }
    return offset < 0 ? syscall(SYS_write, file, data, bytes) : syscall(SYS_pwrite64, file, data, bytes, offset);
  }
  lock();
  int is_last = control->fault == KILL_IN_WRITE && is_due(kind_of(name, &found));
  int is_failed = is_made_to_fail = fails(CALL_WRITE, name);
  size_t wanted = is_last || (is_failed && is_full()) ? bytes / 2 : is_failed ? 0 : bytes;
  if (offset >= 0 && (fcntl(file, F_GETFL) & O_APPEND)) append('!', 0, 0, "pwrite to a file that is opened for appending", "", NULL, 0);
  ssize_t written = offset < 0 ? syscall(SYS_write, file, data, wanted) : syscall(SYS_pwrite64, file, data, wanted, offset);
  wrote(file, name, &found, data, written, offset);
  if (is_last) raise(SIGKILL);
  if (is_failed) {
    errno = (int)control->error;
    written = -1;
  }
  unlock();
  return written;
}

ssize_t write(int file, const void *data, size_t bytes) { return record_write(file, data, bytes, -1); }
ssize_t pwrite64(int file, const void *data, size_t bytes, off64_t offset) { return record_write(file, data, bytes, offset); }
ssize_t pwrite(int file, const void *data, size_t bytes, off_t offset) { return record_write(file, data, bytes, offset); }

/* One write after the other: a short one ends it, as it may. */
static ssize_t record_writev(int file, const struct iovec *parts, int count, off64_t offset) {
  ssize_t total = 0;
  for (int at = 0; at < count; at++) {
    if (parts[at].iov_len == 0) continue;
    ssize_t written = record_write(file, parts[at].iov_base, parts[at].iov_len, offset < 0 ? -1 : offset + total);
    /* a short write whose rest was made to fail looks like this, too */
    if (written < 0) return total > 0 && !is_made_to_fail ? total : written;
    total += written;
    if ((size_t)written < parts[at].iov_len) break;
  }
  return total;
}

ssize_t writev(int file, const struct iovec *parts, int count) { return record_writev(file, parts, count, -1); }
ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) { return record_writev(file, parts, count, offset); }
ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) { return record_writev(file, parts, count, offset); }

static int record_sync(long call, int file) {
  char path[PATH_MAX];
  const char *name = inner_of(file, path);
  struct stat found;
  if (name == NULL || fstat(file, &found) != 0) return (int)syscall(call, file);
  lock();
  uint32_t fault = control->fault == KILL_IN_WRITE ? NO_FAULT : control->fault;
  int error = EIO;
  if (fails(CALL_SYNC, name)) error = errno;
  else if (fault != NO_FAULT && !is_due(kind_of(name, &found))) fault = NO_FAULT;
  int result = fault == NO_FAULT ? (int)syscall(call, file) : 0;
  int64_t end = SYNCED;
  if (fault == SKIP_SYNC) end = SYNC_SKIPPED;
  else if (fault != NO_FAULT || result != 0) end = SYNC_FAILED;
  append('S', found.st_ino, end, name, S_ISDIR(found.st_mode) ? "/" : "", NULL, 0);
  if (fault == FAIL_SYNC_AND_KILL) raise(SIGKILL);
  unlock();
  if (fault != FAIL_SYNC && fault != FAIL_SYNCS_FROM_THEN_ON && fault != FAIL_CALL) return result;
  if (error == 0) return 0;
  errno = error;
  return -1;
}

int fsync(int file) { return record_sync(SYS_fsync, file); }
int fdatasync(int file) { return record_sync(SYS_fdatasync, file); }

static int record_truncate(int file, off64_t bytes) {
  char path[PATH_MAX];
  const char *name = inner_of(file, path);
  struct stat found;
  if (name == NULL || fstat(file, &found) != 0) return (int)syscall(SYS_ftruncate, file, bytes);
  lock();
  int result = fails(CALL_TRUNCATE, name) ? -1 : (int)syscall(SYS_ftruncate, file, bytes);
  if (result == 0) append('T', found.st_ino, bytes, name, "", NULL, 0);
  unlock();
  return result;
}

int ftruncate(int file, off_t bytes) { return record_truncate(file, bytes); }
int ftruncate64(int file, off64_t bytes) { return record_truncate(file, bytes); }

static int record_open(int directory, const char *given, int flags, mode_t mode) {
  char path[PATH_MAX];
  const char *name = inner_at(directory, given, path);
  if (name == NULL) return (int)syscall(SYS_openat, directory, given, flags, mode);
  struct stat before, found;
  lock();
  int is_new = fstatat(directory, given, &before, 0) != 0;
  int is_failed = fails(CALL_OPEN, name);
  /* one that only reads needs no space, and no file system that can be written */
  if (is_failed && (flags & (O_ACCMODE | O_CREAT)) == O_RDONLY) errno = EIO;
  int file = is_failed ? -1 : (int)syscall(SYS_openat, directory, given, flags, mode);
  if (file >= 0 && (flags & (O_CREAT | O_TRUNC)) && fstat(file, &found) == 0) {
    if (is_new) append('C', found.st_ino, 0, name, "", NULL, 0);
    else if ((flags & O_TRUNC) && before.st_size > 0) append('T', found.st_ino, 0, name, "", NULL, 0);
  }
  unlock();
  return file;
}

#define MODE(last, flags) \
  mode_t mode = 0; \
  if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) { \
    va_list rest; \
    va_start(rest, last); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int open(const char *path, int flags, ...) {
  MODE(flags, flags)
  return record_open(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags, flags)
  return record_open(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int directory, const char *path, int flags, ...) {
  MODE(flags, flags)
  return record_open(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
  MODE(flags, flags)
  return record_open(directory, path, flags | O_LARGEFILE, mode);
}

int creat(const char *path, mode_t mode) { return record_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* A call that changes one name. */
#define RECORD_NAME(kind, call, directory, given, made) \
  char path_of_it[PATH_MAX]; \
  const char *name = inner_at(directory, given, path_of_it); \
  if (name == NULL) return (int)(made); \
  lock(); \
  int result = fails(call, name) ? -1 : (int)(made); \
  if (result == 0) append(kind, 0, 0, name, "", NULL, 0); \
  unlock(); \
  return result;

int unlinkat(int directory, const char *path, int flags) {
  RECORD_NAME(flags & AT_REMOVEDIR ? 'D' : 'U', CALL_REMOVE, directory, path, syscall(SYS_unlinkat, directory, path, flags))
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

/* What rmSync() calls from Node 23 on. */
int remove(const char *path) {
  struct stat found;
  return unlinkat(AT_FDCWD, path, lstat(path, &found) == 0 && S_ISDIR(found.st_mode) ? AT_REMOVEDIR : 0);
}

int mkdirat(int directory, const char *path, mode_t mode) {
  RECORD_NAME('M', CALL_MKDIR, directory, path, syscall(SYS_mkdirat, directory, path, mode))
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* A call that gives a file another name, or one more. Both are below the directory, or the recording fails. */
static int record_names(char kind, int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  char from_path[PATH_MAX], to_path[PATH_MAX];
  const char *source = inner_at(from_at, from, from_path), *target = inner_at(to_at, to, to_path);
  long call = kind == 'R' ? SYS_renameat2 : SYS_linkat;
  if (source == NULL && target == NULL) return (int)syscall(call, from_at, from, to_at, to, flags);
  lock();
  int result = fails(CALL_NAME, target == NULL ? source : target) ? -1 : (int)syscall(call, from_at, from, to_at, to, flags);
  if (result == 0 && source != NULL && target != NULL) append(kind, 0, 0, source, target, NULL, 0);
  else if (result == 0) append('!', 0, 0, "a name from outside of the directory", "", NULL, 0);
  unlock();
  return result;
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) { return record_names('R', from_at, from, to_at, to, flags); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return record_names('R', from_at, from, to_at, to, 0); }
int rename(const char *from, const char *to) { return record_names('R', AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_at, const char *from, int to_at, const char *to, int flags) { return record_names('L', from_at, from, to_at, to, (unsigned)flags); }
int link(const char *from, const char *to) { return record_names('L', AT_FDCWD, from, AT_FDCWD, to, 0); }

/* Ways of writing that nothing here uses. They are made, and the recording says so. */
static void refuse(int file, const char *call) {
  char path[PATH_MAX];
  if (inner_of(file, path) == NULL) return;
  lock();
  append('!', 0, 0, call, "", NULL, 0);
  unlock();
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t bytes, unsigned flags) {
  refuse(to, "copy_file_range");
  return syscall(SYS_copy_file_range, from, from_at, to, to_at, bytes, flags);
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t bytes) {
  refuse(to, "sendfile");
  return syscall(SYS_sendfile, to, from, offset, bytes);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t bytes) { return sendfile64(to, from, (off64_t *)offset, bytes); }

ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t bytes, unsigned flags) {
  refuse(to, "splice");
  return syscall(SYS_splice, from, from_at, to, to_at, bytes, flags);
}

int fallocate64(int file, int mode, off64_t offset, off64_t bytes) {
  refuse(file, "fallocate");
  return (int)syscall(SYS_fallocate, file, mode, offset, bytes);
}

int fallocate(int file, int mode, off_t offset, off_t bytes) { return fallocate64(file, mode, offset, bytes); }
int posix_fallocate64(int file, off64_t offset, off64_t bytes) { return fallocate64(file, 0, offset, bytes) == 0 ? 0 : errno; }
int posix_fallocate(int file, off_t offset, off_t bytes) { return posix_fallocate64(file, offset, bytes); }

int truncate64(const char *given, off64_t bytes) {
  char path[PATH_MAX];
  const char *name = inner_at(AT_FDCWD, given, path);
  struct stat found;
  if (name == NULL || stat(given, &found) != 0) return (int)syscall(SYS_truncate, given, bytes);
  lock();
  int result = fails(CALL_TRUNCATE, name) ? -1 : (int)syscall(SYS_truncate, given, bytes);
  if (result == 0) append('T', found.st_ino, bytes, name, "", NULL, 0);
  unlock();
  return result;
}

int truncate(const char *path, off_t bytes) { return truncate64(path, bytes); }

static void *record_map(void *place, size_t bytes, int protection, int flags, int file, off64_t offset) {
  if (file >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE)) refuse(file, "mmap");
  return (void *)syscall(SYS_mmap, place, bytes, protection, flags, file, offset);
}

void *mmap(void *place, size_t bytes, int protection, int flags, int file, off_t offset) { return record_map(place, bytes, protection, flags, file, offset); }
void *mmap64(void *place, size_t bytes, int protection, int flags, int file, off64_t offset) { return record_map(place, bytes, protection, flags, file, offset); }
