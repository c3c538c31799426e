/** Counts the threads that the command line starts. */

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from './temp-dir.ts';

const SCRIPT = new URL('./count-threads.js', import.meta.url);

export class ThreadCount {
  readonly #file = join(tempDir(), 'threads');
  /** The environment of the processes to be counted. */
  readonly env = { ...process.env, NODE_OPTIONS: `--import=${SCRIPT.href}`, COMPLETENGINE_TEST_THREADS: this.#file };

  get threads(): number {
    return existsSync(this.#file) ? statSync(this.#file).size : 0;
  }
}
