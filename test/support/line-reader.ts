/** Reads the output of a running process line by line. */

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export class LineReader {
  readonly #lines: AsyncIterator<string>;

  constructor(stream: Readable) {
    this.#lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  }

  /** The next line; null at the end. */
  async next(): Promise<string | null> {
    const { done, value } = await this.#lines.next();
    return done ? null : value;
  }

  /** The next line, which must be a JSON document. */
  async document(): Promise<ReturnType<typeof JSON.parse>> {
    return JSON.parse((await this.next()) ?? 'null');
  }

  /** The next `count` lines, or fewer at the end. */
  async take(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) {
      const line = await this.next();
      if (line === null) break;
      lines.push(line);
    }
    return lines;
  }
}
