/** Counts the threads that the command line starts, and can delay their exit. */

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from './temp-dir.ts';

const SCRIPT = new URL('./count-threads.js', import.meta.url);

export class ThreadCount {
  readonly #file = join(tempDir(), 'threads');
  /** The environment for the processes to count. */
  readonly env: NodeJS.ProcessEnv;

  /** `exitDelayMs`: between a thread's last message and its exit. */
  constructor(exitDelayMs = 0) {
    this.env = {
      ...process.env,
      NODE_OPTIONS: `--import=${SCRIPT.href}`,
      COMPLETENGINE_TEST_THREADS: this.#file,
      COMPLETENGINE_TEST_THREAD_EXIT_MS: String(exitDelayMs),
    };
  }

  get threads(): number {
    return sizeOf(this.#file);
  }

  /** Threads that have opened the ledger, or failed to. */
  get ready(): number {
    return sizeOf(`${this.#file}-ready`);
  }
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
