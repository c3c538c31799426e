/**
 * Ends the commands that are running when this process dies without a turn to end them itself, as of SIGKILL or of too little memory. A shell in a session of its
 * own reads the process groups from a pipe whose other end only this process holds: the pipe ends when the process does, however that comes about.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/** Each line has all groups, so the last whole one counts. A second after the request to end nobody is asked any more. */
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

  /** Before a command is started: its own start takes milliseconds, in which this process may die. */
  prepare(): void {
    this.#shell ??= this.#start();
  }

  /** Returns what ends the watch: a command that has ended may have left others behind on purpose. */
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

  /** Where no process can be had, commands run without it. */
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

/** One for all commands of the process, started with the first of them. */
export const runGuardian = new RunGuardian();
