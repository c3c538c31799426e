/**
 * Ends running commands when this process dies without a chance to do so itself, as of SIGKILL or out of memory. A
 * shell in its own session reads their process groups from a pipe whose other end only this process holds: however the
 * process dies, the pipe ends.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/** Each line lists all groups, so the last complete line counts. One second after SIGTERM the groups are killed. */
const SCRIPT = `
while read -r line; do groups=$line; done
[ -n "$groups" ] || exit 0
for group in $groups; do kill -s TERM -- "-$group"; done
sleep 1
for group in $groups; do kill -s KILL -- "-$group"; done
`;

class RunGuardian {
  readonly #groups = new Set<number>();
  #shell: ChildProcess | undefined;

  /** Call before a command is started: starting the guardian takes milliseconds, in which this process may die. */
  prepare(): void {
    this.#shell ??= this.#start();
  }

  /**
   * Watches a process group. Returns the function that ends the watch: a finished command may have left a daemon on
   * purpose.
   */
  watch(group: number): () => void {
    this.#groups.add(group);
    this.prepare();
    this.#notify();
    return () => {
      this.#groups.delete(group);
      this.#notify();
    };
  }

  #notify(): void {
    this.#shell?.stdin?.write(`${[...this.#groups].join(' ')}\n`);
  }

  /** If the guardian cannot be started, commands run without it. */
  #start(): ChildProcess | undefined {
    try {
      const shell = spawn('/bin/sh', ['-c', SCRIPT, 'completengine-guardian'], {
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
        cwd: '/',
      });
      const forget = (): void => {
        if (this.#shell === shell) this.#shell = undefined;
      };
      shell.on('error', forget);
      shell.on('exit', forget);
      shell.stdin?.on('error', () => {});
      // it must not keep this process alive
      shell.unref();
      if (shell.stdin instanceof Socket) shell.stdin.unref();
      return shell;
    } catch {
      return undefined;
    }
  }
}

/** One guardian for all commands of the process, started with the first. */
export const runGuardian = new RunGuardian();
