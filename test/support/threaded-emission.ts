/** An `emit` with all commits on the writer thread, however small its input. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, type CliResult, finished } from './cli.ts';
import { type GeneratedEvents, streamText } from './event-stream.ts';
import { killAfterTest } from './fault-tools.ts';
import { tempDir } from './temp-dir.ts';
import { ThreadCount } from './thread-count.ts';
import { until } from './until.ts';

/** A chunk of this size starts the thread. It contains only blank lines, so nothing is committed before the thread runs. */
const BLANK_BYTES = 2 * 1024 * 1024;
/** Longer than the process runs after the last answer, if it does not wait for the thread. */
const EXIT_DELAY_MS = 300;
const PIECE_BYTES = 256 * 1024;

interface EmissionOptions {
  readonly args?: readonly string[];
  /** The command line that injects the fault. */
  readonly command?: (program: string, args: readonly string[]) => [string, readonly string[]];
}

export class ThreadedEmission {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CliResult>;
  readonly #threads: ThreadCount;

  private constructor(child: ChildProcessWithoutNullStreams, threads: ThreadCount) {
    this.child = child;
    this.#threads = threads;
    this.ended = finished(child);
  }

  /** Resolves when the thread is ready; the command reads standard input then. */
  static async start(
    ledger: string,
    { args = [], command = (program, rest) => [program, rest] }: EmissionOptions = {},
  ): Promise<ThreadedEmission> {
    const threads = new ThreadCount(EXIT_DELAY_MS);
    const blank = join(tempDir(), 'blank.jsonl');
    writeFileSync(blank, Buffer.alloc(BLANK_BYTES, '\n'));
    const [program, rest] = command(process.execPath, [BIN, 'emit', blank, '-', ...args, '--ledger', ledger]);
    const child = spawn(program, rest, { env: threads.env });
    killAfterTest(child);
    const emission = new ThreadedEmission(child, threads);
    await until(() => threads.ready > 0 || emission.hasEnded);
    return emission;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Number of started threads. */
  get threads(): number {
    return this.#threads.threads;
  }

  /** Writes the lines of a stream as fast as they are read, until the end of the stream or the process: several commits are in flight. Standard input stays open. */
  async feed(stream: GeneratedEvents): Promise<void> {
    // generated beforehand, because generating is slower than the commits
    const bytes = Buffer.from(streamText(stream));
    for (let at = 0; at < bytes.length && !this.hasEnded; at += PIECE_BYTES) {
      if (!this.child.stdin.write(bytes.subarray(at, at + PIECE_BYTES))) await this.#drained();
    }
  }

  /** Closes standard input; resolves with the result of the command. */
  end(): Promise<CliResult> {
    this.child.stdin.end();
    return this.ended;
  }

  /** Resolves when more may be written, or nothing more can be. */
  async #drained(): Promise<void> {
    await Promise.race([new Promise((resolve) => this.child.stdin.once('drain', resolve)), this.ended]);
  }
}
