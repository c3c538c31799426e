/** Writes rejected lines to the dead letter file, one JSON document per line with the reason, to be fixed and emitted again. */

import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, fsyncSync, openSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LedgerError, makeDirectoryHint, type RejectedLine, syncDirectoryNow } from '../../index.ts';
import { inFlags } from '../app/option-flags.ts';
import { endsWithinLine } from '../state/last-line.ts';

export class RejectFile {
  readonly #path: string;
  readonly #file: number;
  /** A pipe or a device cannot be synced. */
  readonly #isRegular: boolean;
  #isNameSynced = false;
  /** Whether an earlier run was ended within its last line. */
  #isCut: boolean;

  private constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
    this.#isRegular = fstatSync(file).isFile();
    this.#isCut = this.#isRegular && endsWithinLine(path);
  }

  /** Opens for appending: a second run must not erase the rejects of the first. @throws LedgerError CANNOT_CREATE */
  static open(path: string): RejectFile {
    try {
      refusePipeWithoutReader(path);
      return new RejectFile(path, openSync(path, 'a', 0o600));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new LedgerError('CANNOT_CREATE', {
        message: `cannot write rejects to ${path}: ${code === 'ENXIO' ? 'it has no reader (ENXIO)' : (code ?? 'unknown error')}`,
        hint: hintFor(code, path),
        cause: error,
      });
    }
  }

  /** Writes the line as text if it is UTF-8, else as base64. @throws LedgerError IO_FAILED */
  add(line: RejectedLine): void {
    const { text, reason, ...place } = line;
    const content = isUtf8(text) ? { text: text.toString('utf8') } : { base64: text.toString('base64') };
    const entry = JSON.stringify({ ...place, reason: inFlags(reason), ...content });
    const bytes = Buffer.from(`${this.#isCut ? '\n' : ''}${entry}\n`);
    this.#attempt(() => {
      writeFileSync(this.#file, bytes);
    });
    this.#isCut = false;
  }

  /** Syncs the added lines to disk, the first time with the directory entry. @throws LedgerError IO_FAILED */
  sync(): void {
    if (!this.#isRegular) return;
    this.#attempt(() => {
      fsyncSync(this.#file);
      if (!this.#isNameSynced) syncDirectoryNow(dirname(realpathSync(this.#path)));
      this.#isNameSynced = true;
    });
  }

  close(): void {
    closeSync(this.#file);
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new LedgerError('IO_FAILED', {
        message: `${this.#path}: the rejects cannot be written: ${code ?? 'unknown error'}`,
        hint: 'free some space, or name another file; these lines and all later ones were not committed',
        cause: error,
      });
    }
  }
}

/** Opening a named pipe blocks the process until a reader comes, and no signal is handled meanwhile. @throws an error with the code ENXIO */
function refusePipeWithoutReader(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) return;
  closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
}

function hintFor(code: string | undefined, path: string): string {
  if (code === 'ENXIO') return 'start its reader first, or name a file';
  return code === 'ENOENT' ? makeDirectoryHint(dirname(path)) : 'name a file in a directory you can write';
}
