/**
 * A file of checkpoints: appends one after the other, each synced, and cuts off what a crash has left of the last one. One process at a time writes a file: of two,
 * one could cut off what the other is writing.
 */

import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import {
  CHECKPOINT_MARK,
  LedgerError,
  type LedgerErrorCode,
  type LedgerWarning,
  makeDirectoryHint,
  readCheckpointFile,
  syncDirectoryNow,
} from '../../index.ts';
import { writeAtomically } from '../state/atomic-file.ts';

/** Of the end of the file, in which the last checkpoint lies: none is longer than a quarter of this. */
const END_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

export class CheckpointFile {
  readonly #path: string;
  #file: number;
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
      if (!fstatSync(file).isFile()) throw notAFile(path);
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
    const { size, mode } = this.#attempt(() => fstatSync(this.#file));
    if (size > 0 || !this.#replaceEmpty(note, mode)) this.#attempt(() => this.#appendAt(size, note));
    this.#last = note;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The mark is written after the note is on the disk: an end with a mark and without a whole note was damaged later. */
  #appendAt(size: number, note: string): void {
    try {
      for (const text of [note, CHECKPOINT_MARK]) {
        writeFileSync(this.#file, Buffer.from(text));
        fsyncSync(this.#file);
      }
    } catch (error) {
      ftruncateSync(this.#file, size);
      throw error;
    }
    if (!this.#isNameSynced) syncDirectoryNow(dirname(realpathSync(this.#path)));
    this.#isNameSynced = true;
  }

  /**
   * Puts a file with the first checkpoint in the place of the empty one: what a power cut left of an append could be taken for a file of somebody else. Returns
   * false where no file can be made beside it. @throws LedgerError IO_FAILED
   */
  #replaceEmpty(note: string, mode: number): boolean {
    const path = this.#attempt(() => realpathSync(this.#path));
    try {
      writeAtomically(path, note + CHECKPOINT_MARK, mode & 0o777);
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'CANNOT_CREATE') return false;
      throw error;
    }
    this.#isNameSynced = true;
    const empty = this.#file;
    this.#file = this.#attempt(() => openSync(path, 'a+'));
    closeSync(empty);
    return true;
  }

  #repair(): LedgerWarning | null {
    const { end, start, size } = this.#attempt(() => this.#readEnd());
    const file = readCheckpointFile(end);
    this.#last = file.whole.at(-1)?.note;
    if (file.end === 'damaged')
      throw this.#refused('CHECKPOINT_REFUSED', 'the last checkpoint in it is damaged, and was whole');
    if (file.end === 'foreign' || (this.#last === undefined && start > 0))
      throw this.#refused('INVALID_ARGUMENT', 'it is no file of checkpoints');
    if (file.end === 'whole') return null;
    const { tornBytes } = file;
    this.#attempt(() => {
      ftruncateSync(this.#file, size - tornBytes);
      fsyncSync(this.#file);
    });
    return {
      code: 'CHECKPOINT_TORN',
      message: `${this.#path} ended in a part of a checkpoint that was not written to its end: its ${tornBytes} bytes were cut off`,
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

  #refused(code: LedgerErrorCode, fact: string): LedgerError {
    return new LedgerError(code, {
      message: `${this.#path}: ${fact}: nothing was written to it`,
      hint: 'name another file; to see what is damaged: completengine inspect --verify --checkpoint FILE --public-key KEYFILE',
    });
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

function notAFile(path: string): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', { message: `${path} is not a regular file`, hint: 'name a file' });
}
