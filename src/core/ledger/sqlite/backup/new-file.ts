/**
 * A file that gets its name when it is complete: until then it has a temporary name in the same directory, and nothing is ever replaced. Opens no file
 * that SQLite has open: that would drop SQLite's locks.
 */

import { closeSync, lstatSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../../../model/disk-error.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { makeDirectoryHint } from '../../../model/text/shell-word.ts';
import { giveName } from '../connection/give-name.ts';
import { ledgerPath } from '../connection/ledger-path.ts';
import { syncDirectory, syncFile } from '../connection/sync-file.ts';
import { temporaryName } from '../connection/temporary-name.ts';

/** Files that SQLite keeps beside `X`, and would apply to a new `X`. */
const COMPANIONS = ['-wal', '-shm', '-journal'];
const HINTS: Readonly<Record<string, (directory: string) => string>> = {
  ENOENT: makeDirectoryHint,
  EIO: () => 'look at the disk',
};
const NO_SPACE = ['ENOSPC', 'EDQUOT', 'EFBIG'];

export class NewFile {
  /** Where it will be. */
  readonly path: string;
  /** Where it is written. */
  readonly temporary: string;

  private constructor(path: string) {
    this.path = path;
    this.temporary = temporaryName(path);
  }

  /**
   * Creates the empty temporary file, 0600.
   * @throws LedgerError LEDGER_EXISTS, CANNOT_CREATE, DISK_FULL; INVALID_ARGUMENT for a path that cannot be a ledger
   */
  static create(path: string): NewFile {
    const file = new NewFile(ledgerPath(path));
    checkFree(file.path);
    try {
      closeSync(openSync(file.temporary, 'wx', 0o600));
    } catch (error) {
      throw cannotCreate(file.path, error);
    }
    return file;
  }

  /** Syncs it, gives it its name, and syncs the directory. @throws LedgerError as {@link create}, IO_FAILED */
  async publish(): Promise<void> {
    try {
      await syncFile(this.temporary);
    } catch (error) {
      throw cannotSync(this.path, error);
    }
    checkFree(this.path);
    try {
      giveName(this.temporary, this.path);
    } catch (error) {
      throw cannotCreate(this.path, error);
    }
    try {
      await syncDirectory(dirname(this.path));
    } catch (error) {
      // a backup that a power failure may take away again is none
      removeIfPossible(this.path);
      throw cannotSync(this.path, error);
    }
  }

  /** Removes the temporary file, with what SQLite may have left beside it. Does nothing after {@link publish}. */
  discard(): void {
    for (const end of ['', ...COMPANIONS]) removeIfPossible(this.temporary + end);
  }
}

/** Refuses a link, too, and a log that was left there: SQLite would apply it to the new file. */
function checkFree(path: string): void {
  const taken = ['', ...COMPANIONS].map((end) => path + end).find(isTaken);
  if (taken === undefined) return;
  throw taken === path ? exists(path) : exists(taken, `, and SQLite would apply it to ${path}`);
}

function exists(path: string, consequence = ''): LedgerError {
  const isEmpty = isEmptyFile(path);
  return new LedgerError('LEDGER_EXISTS', {
    message: `${path} exists already${consequence}`,
    hint: isEmpty
      ? 'it is empty, as a killed backup leaves it where there are no hard links: remove it, then try again'
      : 'name a file that does not exist: nothing is overwritten',
    details: { path },
  });
}

/** A link to itself is none, and has no size. */
function isEmptyFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size === 0;
  } catch {
    return false;
  }
}

function isTaken(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Creating the file says why.
    return false;
  }
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // the error before says more, and the next backup names what is left
  }
}

function codeOf(error: unknown): string {
  return systemErrorCode(error) ?? String(error);
}

function cannotSync(path: string, error: unknown): LedgerError {
  const code = codeOf(error);
  return new LedgerError(NO_SPACE.includes(code) ? 'DISK_FULL' : 'IO_FAILED', {
    message: `${path} cannot be synced to the disk: ${code}`,
    hint: 'look at the disk and its free space; no backup was made',
    details: { path, code },
    cause: error,
  });
}

function cannotCreate(path: string, error: unknown): LedgerError {
  const code = codeOf(error);
  if (code === 'EEXIST') return exists(path);
  const isFull = NO_SPACE.includes(code);
  const hint = HINTS[code]?.(dirname(path)) ?? 'name a file in a directory that you can write';
  return new LedgerError(isFull ? 'DISK_FULL' : 'CANNOT_CREATE', {
    message: `cannot create ${path}: ${isFull ? 'the disk is full' : code}`,
    hint: isFull ? 'free some space, then try again' : hint,
    details: { path, code },
    cause: error,
  });
}
