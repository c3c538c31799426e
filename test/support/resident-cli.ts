/** A command line that stays in one process for many commands: what it prints and returns is what a process of its own would, without the start. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CliResult } from './cli-result.ts';

const SCRIPT = fileURLToPath(new URL('./resident-cli.js', import.meta.url));

type Answer = 'reading' | { readonly code: number };

export interface ResidentOptions {
  readonly input?: string | Uint8Array | undefined;
  readonly cwd?: string | undefined;
  /** Milliseconds after which the command is killed; none: the test's own limit counts. */
  readonly timeout?: number | undefined;
}

/** States: idle -> busy (a command runs) -> idle; a process that ends under a command is replaced for the next one. */
export class ResidentCli {
  readonly #directory = mkdtempSync(join(tmpdir(), 'completengine-test-cli-'));
  readonly #stdin = join(this.#directory, 'stdin');
  /** Opened to append: what a command and the commands it starts write goes behind one another, from the start of a file that was emptied. */
  readonly #stdout = openSync(join(this.#directory, 'stdout'), 'a+', 0o600);
  readonly #stderr = openSync(join(this.#directory, 'stderr'), 'a+', 0o600);
  #child: ChildProcess | undefined;
  #isBusy = false;

  constructor() {
    execFileSync('mkfifo', ['-m', '600', this.#stdin]);
    process.once('exit', () => this.close());
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** One at a time: throws while another command runs. */
  async run(
    args: readonly string[],
    { input = '', cwd = process.cwd(), timeout }: ResidentOptions = {},
  ): Promise<CliResult> {
    if (this.#isBusy) throw new Error('a resident command line runs one command at a time');
    this.#isBusy = true;
    const limit = timeout === undefined ? undefined : setTimeout(() => this.kill(), timeout);
    try {
      return await this.#run(args, input, cwd);
    } finally {
      clearTimeout(limit);
      this.#isBusy = false;
    }
  }

  /** Ends the process, and the command that runs in it with it. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  close(): void {
    this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #run(args: readonly string[], input: string | Uint8Array, cwd: string): Promise<CliResult> {
    ftruncateSync(this.#stdout);
    ftruncateSync(this.#stderr);
    // a pipe that is open at both ends: the reader's open() returns at once, and finds no end of the input before there was a writer
    let pipe: number | undefined = openSync(this.#stdin, constants.O_RDWR | constants.O_NONBLOCK);
    let writer: Socket | undefined;
    const child = this.#process();
    try {
      const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
        (resolve, reject) => {
          child.once('error', reject);
          child.once('exit', (exitCode, exitSignal) => {
            if (this.#child === child) this.#child = undefined;
            resolve({ code: exitCode, signal: exitSignal });
          });
          child.on('message', (answer: Answer) => {
            if (answer !== 'reading') return resolve({ code: answer.code, signal: null });
            writer = writerOf(this.#stdin);
            closeSync(pipe as number);
            pipe = undefined;
            writer.end(input);
          });
          child.send({ args, cwd, stdin: this.#stdin });
        },
      );
      return {
        code,
        signal,
        stdout: contentOf(this.#directory, 'stdout'),
        stderr: contentOf(this.#directory, 'stderr').toString('utf8'),
      };
    } finally {
      child.removeAllListeners();
      // the next command must not find what this one has left in the pipe
      if (writer !== undefined && !writer.closed)
        await new Promise((resolve) => writer?.destroy().once('close', resolve));
      if (pipe !== undefined) closeSync(pipe);
    }
  }

  #process(): ChildProcess {
    if (this.#child === undefined) {
      this.#child = spawn(process.execPath, [SCRIPT, this.#directory], {
        stdio: ['ignore', this.#stdout, this.#stderr, 'ipc'],
      });
      this.#child.unref();
    }
    return this.#child;
  }
}

/** Its reader may end before it has read everything. */
function writerOf(path: string): Socket {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return new Socket({ fd: descriptor, readable: false, writable: true }).on('error', () => {});
}

function contentOf(directory: string, name: string): Buffer {
  return readFileSync(join(directory, name));
}

/** Works through the items with so many processes at a time. */
export async function inProcesses<Item>(
  count: number,
  items: Iterable<Item>,
  work: (cli: ResidentCli, item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const workers = Array.from({ length: count }, async () => {
    const cli = new ResidentCli();
    try {
      for (let next = queue.next(); !next.done; next = queue.next()) await work(cli, next.value);
    } finally {
      cli.close();
    }
  });
  await Promise.all(workers);
}
