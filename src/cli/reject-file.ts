/** Keeps lines that were not taken, one JSON document a line with the reason, so that they can be mended and emitted again. */

import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, writeSync } from 'node:fs';
import { LedgerError, type RejectedLine } from '../index.ts';

export class RejectFile {
  readonly #path: string;
  readonly #file: number;

  private constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
  }

  /** Appends: a second run must not wipe out what a first one kept. @throws LedgerError CANNOT_CREATE */
  static open(path: string): RejectFile {
    try {
      return new RejectFile(path, openSync(path, 'a', 0o600));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new LedgerError('CANNOT_CREATE', {
        message: `cannot write rejects to ${path}: ${code ?? 'unknown error'}`,
        hint: 'name a file in a directory you can write',
        cause: error,
      });
    }
  }

  /** The line as text where it is text, otherwise as base64. @throws LedgerError IO_FAILED */
  add(line: RejectedLine): void {
    const { text, ...place } = line;
    const content = isUtf8(text) ? { text: text.toString('utf8') } : { base64: text.toString('base64') };
    const bytes = Buffer.from(`${JSON.stringify({ ...place, ...content })}\n`);
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    } catch (error) {
      throw new LedgerError('IO_FAILED', { message: `${this.#path}: the rejects cannot be written`, hint: 'free some space', cause: error });
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
