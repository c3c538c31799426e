/** A command line that stays in one process for many commands; a crash or a hang of one of them is told as such. */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface ResidentResult {
  /** `crash` and `hang` are what no command may do. */
  readonly code: number | 'crash' | 'hang';
  readonly stdout: Buffer;
  readonly stderr: string;
}

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SCRIPT = fileURLToPath(new URL('./resident-cli.js', import.meta.url));
const PATIENCE_MS = 30_000;

export class ResidentCli {
  #child: ChildProcess | undefined;

  constructor() {
    onTestFinished(() => {
      this.#child?.kill('SIGKILL');
    });
  }

  /** One after the other: the next one when this one has answered. */
  run(args: readonly string[]): Promise<ResidentResult> {
    this.#child ??= fork(SCRIPT, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const child = this.#child;
    return new Promise((resolve) => {
      const end = (result: ResidentResult): void => {
        clearTimeout(patience);
        child.removeAllListeners('message');
        child.removeAllListeners('exit');
        resolve(result);
      };
      const giveUp = (code: 'crash' | 'hang', fact: string): void => {
        child.kill('SIGKILL');
        this.#child = undefined;
        end({ code, stdout: Buffer.alloc(0), stderr: fact });
      };
      const patience = setTimeout(() => giveUp('hang', `no answer in ${PATIENCE_MS} ms`), PATIENCE_MS);
      child.once('exit', (code, signal) => giveUp('crash', `the process ended with ${code ?? signal}`));
      child.once('message', (message) => {
        const { code, stdout, stderr } = message as Answer;
        end({ code, stdout: Buffer.from(stdout, 'latin1'), stderr });
      });
      child.send({ args });
    });
  }
}

/** Works through the items with so many processes at a time. */
export async function inProcesses<Item>(count: number, items: Iterable<Item>, work: (cli: ResidentCli, item: Item) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: count }, async () => {
      const cli = new ResidentCli();
      for (let next = queue.next(); !next.done; next = queue.next()) await work(cli, next.value);
    }),
  );
}
