/**
 * A file of checkpoints: appends one after the other, each synced, and cuts off what a crash has left of the last one. One process at a time writes a file: of two,
 * one could cut off what the other is writing.
 */

import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, realpathSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { LedgerError, type LedgerWarning, makeDirectoryHint, splitNotes } from '../../index.ts';
import { syncDirectory } from '../state/sync-directory.ts';

/** Of the end of the file, in which the last checkpoint lies: none is longer than a quarter of this. */
const END_BYTES = 256 * 1024;
/** What a crash leaves is shorter than a checkpoint. A longer end is of something else. */
const TORN_BYTES_MAX = 4096;
const BEGINNING = Buffer.from('completengine/');
const SIGNATURE = Buffer.from('\u2014 ');
const LINE_FEED = 0x0a;

export class CheckpointFile {
  readonly #path: string;
  readonly #file: number;
  #last: string | undefined;
  #isNameSynced = false;
  /** What opening has cut off. */
  readonly torn: LedgerWarning | null;

  private constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
    this.torn = this.#repair();
  }

  /** Opens or creates it. @throws LedgerError CANNOT_CREATE, INVALID_ARGUMENT for a file of something else, IO_FAILED */
  static open(path: string): CheckpointFile {
    let file: number;
    try {
      file = openSync(path, 'a+', 0o644);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new LedgerError('CANNOT_CREATE', {
        message: `cannot write checkpoints to ${path}: ${code ?? 'unknown error'}`,
        hint: code === 'ENOENT' ? makeDirectoryHint(dirname(path)) : 'name a file in a directory you can write',
        cause: error,
      });
    }
    try {
      if (!fstatSync(file).isFile()) throw wrongFile(`${path} is not a regular file`, 'name a file');
      return new CheckpointFile(path, file);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** The last checkpoint; undefined in an empty file. */
  get last(): string | undefined {
    return this.#last;
  }

  /** Durable when it returns; otherwise nothing of it is left. @throws LedgerError IO_FAILED */
  append(note: string): void {
    const bytes = Buffer.from(note);
    this.#attempt(() => {
      const { size } = fstatSync(this.#file);
      try {
        for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
        fsyncSync(this.#file);
      } catch (error) {
        ftruncateSync(this.#file, size);
        throw error;
      }
      if (!this.#isNameSynced) syncDirectory(dirname(realpathSync(this.#path)));
      this.#isNameSynced = true;
    });
    this.#last = note;
  }

  close(): void {
    closeSync(this.#file);
  }

  #repair(): LedgerWarning | null {
    const { end, start, size } = this.#attempt(() => this.#readEnd());
    const notes = splitNotes(end);
    this.#last = notes?.notes.at(-1);
    const wholeBytes = start + (notes?.wholeBytes ?? 0);
    if (notes === null || (this.#last === undefined && start > 0)) throw this.#notOurs();
    if (wholeBytes === size) return null;
    if (!isTorn(end.subarray(notes.wholeBytes))) throw this.#notOurs();
    this.#attempt(() => {
      ftruncateSync(this.#file, wholeBytes);
      fsyncSync(this.#file);
    });
    return {
      code: 'CHECKPOINT_TORN',
      message: `${this.#path} ended in a part of a checkpoint that was not written to its end: its ${size - wholeBytes} bytes were cut off`,
      hint: 'nothing is lost: the next checkpoint vouches for what that one would have',
    };
  }

  /** From the beginning of a line on. */
  #readEnd(): { end: Buffer; start: number; size: number } {
    const { size } = fstatSync(this.#file);
    const from = Math.max(0, size - END_BYTES);
    const memory = Buffer.alloc(size - from);
    let read = 0;
    while (read < memory.length) {
      const count = readSync(this.#file, memory, read, memory.length - read, from + read);
      if (count === 0) break;
      read += count;
    }
    const skipped = from === 0 ? 0 : memory.indexOf(LINE_FEED) + 1;
    return { end: memory.subarray(skipped, read), start: from + skipped, size };
  }

  #notOurs(): LedgerError {
    return wrongFile(
      `${this.#path} is no file of checkpoints, or it is damaged: nothing was written to it`,
      'name another file; to see which checkpoint is damaged: completengine inspect --verify --checkpoint FILE',
    );
  }

  #attempt<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new LedgerError('IO_FAILED', {
        message: `${this.#path}: the checkpoint cannot be written: ${code ?? 'unknown error'}`,
        hint: 'free some space, or name another file; what was committed is stored',
        cause: error,
      });
    }
  }
}

function wrongFile(message: string, hint: string): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', { message, hint });
}

/** Whether bytes behind the last checkpoint are the beginning of another one or of a signature, or blocks that a power cut has left empty. */
function isTorn(bytes: Buffer): boolean {
  if (bytes.length > TORN_BYTES_MAX) return false;
  return bytes.every((byte) => byte === 0) || [BEGINNING, SIGNATURE].some((start) => isBeginning(bytes, start));
}

function isBeginning(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}
