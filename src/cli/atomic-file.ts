/** Small files that are either the old or the new one, whatever happens: written beside, put on the disk, renamed. */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LedgerError } from '../index.ts';

/** What is larger is none of ours: a ledger named by mistake must not be read whole, nor overwritten. */
const SMALL_BYTES = 64 * 1024;

/** Its text; null where there is no such file. @throws LedgerError INPUT_UNREADABLE */
export function readSmallFile(path: string): string | null {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > SMALL_BYTES) throw notOurs(path, stats.isFile() ? 'it is too large' : 'it is no file');
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw notOurs(path, code ?? 'unknown error', error);
  }
}

function notOurs(path: string, fact: string, cause?: unknown): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', { message: `${path} cannot be read: ${fact}`, hint: 'name another file', cause });
}

/** @throws LedgerError IO_FAILED */
export function writeAtomically(path: string, text: string): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    const file = openSync(beside, 'w', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
    syncDirectory(dirname(path));
  } catch (error) {
    rmSync(beside, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new LedgerError('IO_FAILED', {
      message: `${path} cannot be written: ${code ?? 'unknown error'}`,
      hint: 'name a file in a directory you can write',
      cause: error,
    });
  }
}

/** The new name is on the disk as well, where directories can be synced. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } catch {
    // not every file system knows how
  } finally {
    closeSync(directory);
  }
}
