/** A file for the output of one process after another. */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';

/** Beyond it the file is emptied. Emptying it for each command took 3 % of the suite: the file system frees its blocks each time. */
const KEPT_BYTES = 16 * 1024 * 1024;

export class OutputFile {
  /** Opened for appending, so that the output of a command and of its child processes does not overlap. */
  readonly descriptor: number;
  #start = 0;

  constructor(path: string) {
    this.descriptor = openSync(path, 'a+', 0o600);
  }

  /** What is written from now on belongs to the next command. */
  begin(): void {
    this.#start = fstatSync(this.descriptor).size;
    if (this.#start <= KEPT_BYTES) return;
    ftruncateSync(this.descriptor);
    this.#start = 0;
  }

  /** What was written since `begin()`. */
  content(): Buffer {
    const content = Buffer.alloc(fstatSync(this.descriptor).size - this.#start);
    let length = 0;
    while (length < content.length) {
      const read = readSync(this.descriptor, content, length, content.length - length, this.#start + length);
      if (read === 0) throw new Error(`the output ends ${content.length - length} bytes early`);
      length += read;
    }
    return content;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
