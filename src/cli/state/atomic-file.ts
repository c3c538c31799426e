/** Reads small files and replaces them atomically: writes a temporary file beside, syncs it, renames it. */

import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import {
  isDiskError,
  LedgerError,
  makeDirectoryHint,
  replacementName,
  syncDirectoryNow,
  unreadableInput,
} from '../../index.ts';

/** A larger file is not ours: a ledger named by mistake must be neither read whole nor overwritten. */
const SMALL_BYTES = 64 * 1024;
const OTHER_FILE = 'name another file';
/** For its owner alone. */
const PRIVATE = 0o600;

/** Returns its text, or null if there is no such file. @throws LedgerError INPUT_UNREADABLE, PERMISSION_DENIED */
export function readSmallFile(path: string): string | null {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > SMALL_BYTES)
      throw notOurs(path, stats.isFile() ? 'it is too large' : 'it is not a regular file');
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw unreadableInput(path, error, OTHER_FILE);
  }
}

function notOurs(path: string, fact: string): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', { message: `${path} cannot be read: ${fact}`, hint: OTHER_FILE });
}

/**
 * Durable when it returns.
 * @throws LedgerError CANNOT_CREATE where no file can be made, as in a missing directory; IO_FAILED, also if only the name may be lost in a
 * power failure
 */
export function writeAtomically(path: string, text: string, mode = PRIVATE): void {
  const { file, beside } = openBeside(path);
  try {
    try {
      writeWhole(file, text, mode);
      renameSync(beside, path);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
    syncDirectoryNow(dirname(path));
  } catch (error) {
    throw notWritten('IO_FAILED', error as NodeJS.ErrnoException, path);
  }
}

function notWritten(code: 'CANNOT_CREATE' | 'IO_FAILED', cause: NodeJS.ErrnoException, path: string): LedgerError {
  const message = `${path} cannot be written: ${cause.code ?? 'unknown error'}`;
  return new LedgerError(code, { message, hint: hintFor(cause, path), cause });
}

function hintFor(error: NodeJS.ErrnoException, path: string): string {
  if (isDiskError(error)) return 'look at the disk and its free space, then run the same command again';
  return error.code === 'ENOENT' ? makeDirectoryHint(dirname(path)) : 'name a file in a directory you can write';
}

/**
 * Makes a new file in the same directory. Its name is random and must not exist: in a directory that others can write, a symbolic link at a
 * predictable name would make us overwrite its target.
 */
function openBeside(path: string): { readonly file: number; readonly beside: string } {
  const beside = join(dirname(path), replacementName());
  try {
    return { file: openSync(beside, 'wx', PRIVATE), beside };
  } catch (error) {
    throw notWritten(isDiskError(error) ? 'IO_FAILED' : 'CANNOT_CREATE', error as NodeJS.ErrnoException, path);
  }
}

/** Writes, syncs and closes it. */
function writeWhole(file: number, text: string, mode: number): void {
  try {
    writeFileSync(file, text);
    if (mode !== PRIVATE) fchmodSync(file, mode);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
