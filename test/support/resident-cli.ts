/** A resident command line: runs many commands in one process, with the output and exit codes of separate processes. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CliResult } from './cli-result.ts';
import { OPTIMIZE_LATER } from './node-flags.ts';
import { OutputFile } from './output-file.ts';

const SCRIPT = fileURLToPath(new URL('./resident-cli.js', import.meta.url));

type Answer = 'reading' | { readonly code: number };

/** Paths of files, relative to the working directory of the command. */
export type AppendTo = Readonly<Partial<Record<1 | 2, string>>>;

export interface ResidentOptions {
  readonly input?: string | Uint8Array | undefined;
  readonly cwd?: string | undefined;
  /** Files that its output is appended to, by descriptor: 1 as `>> FILE`, 2 as `2>> FILE` of a shell. What goes there is not in the result. */
  readonly appendTo?: AppendTo | undefined;
  /** Milliseconds after which the command is killed; default: only the limit of the test. */
  readonly timeout?: number | undefined;
}

export interface ResidentProcess {
  readonly env?: NodeJS.ProcessEnv;
  /** The command line that runs the process, where it is to see other file systems. In the end it must be the process itself. */
  readonly command?: (program: string, args: readonly string[]) => readonly [string, readonly string[]];
  /** Id of the user and of the group, where these are not ours. */
  readonly user?: number;
  /**
   * With OPTIMIZE_LATER V8 refuses the cached code of the bundle and of each thread, which was made without it. Measured with 6, 30, 180 and 720 commands: 460, 740,
   * 2,260 and 5,940 ms of processor time with it, 220, 540, 1,960 and 7,200 without.
   */
  readonly runsHundreds?: boolean;
}

/** States: idle -> busy (a command runs) -> idle; a process that ends under a command is replaced for the next one. */
export class ResidentCli {
  readonly #directory = mkdtempSync(join(tmpdir(), 'completengine-test-cli-'));
  readonly #stdin = join(this.#directory, 'stdin');
  readonly #stdout = new OutputFile(join(this.#directory, 'stdout'));
  readonly #stderr = new OutputFile(join(this.#directory, 'stderr'));
  readonly #onExit = (): void => this.close();
  readonly #options: ResidentProcess;
  #child: ChildProcess | undefined;
  #isBusy = false;

  constructor(options: ResidentProcess = {}) {
    this.#options = options;
    execFileSync('mkfifo', ['-m', '600', this.#stdin]);
    const { user } = options;
    if (user !== undefined) for (const path of [this.#directory, this.#stdin]) chownSync(path, user, user);
    process.once('exit', this.#onExit);
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Of the process; undefined before the first command, and after a command that ended it. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** One at a time: throws while another command runs. */
  async run(
    args: readonly string[],
    { input = '', cwd = process.cwd(), appendTo = {}, timeout }: ResidentOptions = {},
  ): Promise<CliResult> {
    if (this.#isBusy) throw new Error('a resident command line runs one command at a time');
    this.#isBusy = true;
    const limit = timeout === undefined ? undefined : setTimeout(() => this.kill(), timeout);
    try {
      return await this.#run(args, input, cwd, appendTo);
    } finally {
      clearTimeout(limit);
      this.#isBusy = false;
    }
  }

  /** Ends the process, including a running command, which notices it. */
  kill(): void {
    this.#child?.kill('SIGKILL');
    if (!this.#isBusy) this.#child = undefined;
  }

  close(): void {
    process.off('exit', this.#onExit);
    this.kill();
    this.#stdout.close();
    this.#stderr.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #run(args: readonly string[], input: string | Uint8Array, cwd: string, appendTo: AppendTo): Promise<CliResult> {
    this.#stdout.begin();
    this.#stderr.begin();
    // opened at both ends: the reader's open() returns at once, and sees no end of input before there is a writer
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
          child.send({ args, cwd, stdin: this.#stdin, appendTo });
        },
      );
      return {
        code,
        signal,
        stdout: this.#stdout.content(),
        stderr: this.#stderr.content().toString('utf8'),
      };
    } finally {
      child.removeAllListeners();
      // the next command must not read the rest of this input
      if (writer !== undefined && !writer.closed)
        await new Promise((resolve) => writer?.destroy().once('close', resolve));
      if (pipe !== undefined) closeSync(pipe);
    }
  }

  #process(): ChildProcess {
    if (this.#child === undefined) {
      const { env = process.env, command = (...line) => line, user } = this.#options;
      const flags = this.#options.runsHundreds ? OPTIMIZE_LATER : [];
      const [program, args] = command(process.execPath, [...flags, SCRIPT, this.#directory]);
      this.#child = spawn(program, args, {
        stdio: ['ignore', this.#stdout.descriptor, this.#stderr.descriptor, 'ipc'],
        env,
        ...(user === undefined ? {} : { uid: user, gid: user }),
      });
      this.#child.unref();
    }
    return this.#child;
  }
}

/** The reader may end before it has read everything. */
function writerOf(path: string): Socket {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return new Socket({ fd: descriptor, readable: false, writable: true }).on('error', () => {});
}

/** Processes the items with this many processes in parallel. */
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
