/**
 * Puts a segment on the disk so that it is whole or not there: written under another name, synced, given its name, and verified from the disk. A segment
 * that has its name is never replaced: it may be the only copy of what an older copy of the ledger has archived.
 */

import { closeSync, fsync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { isNoSpace, systemErrorCode } from '../../../model/disk-error.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { makeDirectoryHint } from '../../../model/text/shell-word.ts';
import { giveName } from '../connection/give-name.ts';
import { syncDirectory } from '../connection/sync-file.ts';
import { partialName } from '../connection/temporary-name.ts';
import { isBusy, translateError } from '../connection/translate-error.ts';
import { SegmentWriter } from '../segment/segment-writer.ts';

const DIGITS = 12;

/** Name of a segment: the first digits of the ledger's uuid, then its range. */
export function segmentName(uuid: string, from: number, through: number): string {
  const number = (value: number): string => String(value).padStart(DIGITS, '0');
  return `${uuid.slice(0, 8)}-${number(from)}-${number(through)}.segment`;
}

/**
 * Makes the directory of a ledger's own archive, durably: with its name all segments would be lost, and SQLite syncs the directory above only where it makes
 * a -wal. One that was named must be there. @throws LedgerError CANNOT_CREATE, IO_FAILED, DISK_FULL
 */
export async function prepareDirectory(directory: string, isNamed: boolean): Promise<void> {
  try {
    if (!isNamed) mkdirSync(directory, { mode: 0o700 });
    else if (!statSync(directory).isDirectory()) throw cannotCreate(directory, 'it is no directory');
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw cannotCreate(directory, code ?? 'unknown error', error);
    if (!isDirectory(directory)) throw cannotCreate(directory, 'it is no directory', error);
  }
  // also if it is there: the run that made it may have been killed before
  if (!isNamed) await syncNames(dirname(directory), directory);
}

/** Not of a link to itself either, of which the system says nothing else. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/** `path`: what the names are for. @throws LedgerError IO_FAILED, DISK_FULL */
async function syncNames(directory: string, path: string): Promise<void> {
  try {
    await syncDirectory(directory);
  } catch (error) {
    throw cannotStore(path, error);
  }
}

function cannotCreate(path: string, fact: string, cause?: unknown): LedgerError {
  return new LedgerError('CANNOT_CREATE', {
    message: `no segment can be written to ${path}: ${fact}`,
    hint: `${fact === 'ENOENT' ? makeDirectoryHint(path) : 'name a directory that you can write'}; nothing was archived`,
    details: { path },
    cause,
  });
}

/**
 * A segment that is being written, under its other name. It is locked until it has its own: between the two another archive would take it for what a killed one
 * has left, and put its own file there, which would then get the name before it is whole.
 */
export class PartialSegment {
  readonly writer: SegmentWriter;
  readonly #path: string;
  /** Open as long as SQLite has the file: to close any descriptor of it drops SQLite's locks. */
  readonly #file: number;

  private constructor(path: string, file: number, writer: SegmentWriter) {
    this.#path = path;
    this.#file = file;
    this.writer = writer;
  }

  /** Opens a writer on an empty file beside the segment. @throws LedgerError BUSY if another process writes there, CANNOT_CREATE, DISK_FULL, IO_FAILED */
  static open(path: string, open: (partial: string) => SegmentWriter): PartialSegment {
    const partial = partialOf(path);
    let file: number;
    try {
      refuseIfLocked(partial);
      rmSync(partial, { force: true });
      file = openSync(partial, 'wx', 0o600);
    } catch (error) {
      if (error instanceof LedgerError) throw error;
      throw cannotCreate(dirname(path), (error as NodeJS.ErrnoException).code ?? 'unknown error', error);
    }
    try {
      return new PartialSegment(path, file, open(partial));
    } catch (error) {
      closeSync(file);
      if (isBusy(error)) throw busy(partial, error);
      removeIfPossible(partial);
      throw writeFailure(error, partial);
    }
  }

  /**
   * Syncs the finished file and gives it the name of the segment, durably: rows are deleted for it. An empty file at that name is what a killed run has left where
   * there are no hard links. @throws LedgerError IO_FAILED, DISK_FULL, BUSY if another archive came first
   */
  async publish(): Promise<void> {
    try {
      await this.#giveName();
    } finally {
      this.#close();
    }
    const path = this.#path;
    try {
      await syncNames(dirname(path), path);
    } catch (error) {
      // another try to sync it could succeed without having written anything
      removeIfPossible(path);
      throw error;
    }
  }

  /** Removes what was written. */
  discard(): void {
    removeIfPossible(partialOf(this.#path));
    this.#close();
  }

  async #giveName(): Promise<void> {
    const path = this.#path;
    const partial = partialOf(path);
    try {
      await sync(this.#file);
      if (statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path, { force: true });
      giveName(partial, path);
    } catch (error) {
      removeIfPossible(partial);
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' || code === 'ENOENT') throw storedMeanwhile(path, error);
      throw cannotStore(path, error);
    }
  }

  #close(): void {
    this.writer.close();
    closeSync(this.#file);
  }
}

const sync = promisify(fsync);

/** What is left is replaced by the next run. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // the error before says more
  }
}

/** Removes what an interrupted run has left, where no new segment takes its place; not what another process writes. `uuid`: of the ledger. */
export function removeLeft(directory: string, uuid: string): void {
  const partial = partialName(directory, uuid.slice(0, 8));
  try {
    refuseIfLocked(partial);
  } catch {
    return;
  }
  removeIfPossible(partial);
}

/** Errors of reading the ledger are worded already; the others are those of the segment, and a full disk means less here than in a ledger. */
export function writeFailure(cause: unknown, partial: string): unknown {
  const error = translateError(cause, partial, 'read');
  if (!(error instanceof LedgerError) || error.code !== 'DISK_FULL') return error;
  return new LedgerError('DISK_FULL', {
    message: `there is no room for the segment in ${dirname(partial)}; nothing was archived`,
    hint: 'free some space, or name another directory with `to`',
    details: { path: partial },
    cause: error,
  });
}

/** Where a segment is written. */
export function partialOf(path: string): string {
  const [mark = ''] = basename(path).split('-', 1);
  return partialName(dirname(path), mark);
}

/** A file that an interrupted run has left is not locked any more. One with two names is a segment, which is not opened for writing. */
function refuseIfLocked(partial: string): void {
  if (statSync(partial, { throwIfNoEntry: false })?.nlink !== 1) return;
  try {
    new SegmentWriter(partial, Buffer.alloc(0), []).close();
  } catch (error) {
    if (isBusy(error)) throw busy(partial, error);
  }
}

function busy(partial: string, cause: unknown): LedgerError {
  return new LedgerError('BUSY', {
    message: `another process is archiving this ledger: it writes ${partial}`,
    hint: 'wait until it has finished, then try again',
    details: { path: partial },
    cause,
  });
}

/** Takes the segment that an interrupted run has left: removes its other name, and makes its own one durable. @throws LedgerError IO_FAILED, DISK_FULL */
export async function adopt(path: string): Promise<void> {
  const partial = partialOf(path);
  const left = statSync(partial, { throwIfNoEntry: false });
  const { dev, ino } = statSync(path);
  if (left?.dev === dev && left.ino === ino) removeIfPossible(partial);
  await syncNames(dirname(path), path);
}

function cannotStore(path: string, cause: unknown): LedgerError {
  const code = systemErrorCode(cause);
  return new LedgerError(isNoSpace(cause) ? 'DISK_FULL' : 'IO_FAILED', {
    message: `${path}: the segment cannot be stored (${code ?? 'unknown error'})`,
    hint: 'look at the disk and its free space; nothing was archived',
    details: { path, code },
    cause,
  });
}

/** There was no segment when this run began, and its own file was under the other name. */
function storedMeanwhile(path: string, cause: unknown): LedgerError {
  return new LedgerError('BUSY', {
    message: `another process has archived this ledger meanwhile: ${path}`,
    hint: 'run the same command again; it continues with the segment that is there',
    details: { path },
    cause,
  });
}
