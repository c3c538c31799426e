/** Checks which paths can name a ledger, and brings them into one form. Reads links and directories, opens nothing. */

import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { invalidArgument, LedgerError } from '../../../model/ledger-error.ts';

/**
 * SQLite keeps the log, the index and the journal of `X` beside it under these names, and removes them when it closes `X`: a ledger there would be lost.
 * In any case of letters, because some file systems ignore it.
 */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/**
 * Resolves the directory, keeps the name.
 * @throws LedgerError INVALID_ARGUMENT for names that SQLite does not read as a file, or uses itself; NO_LEDGER without a working directory
 */
export function ledgerPath(path: string): string {
  if (path.trim() === '' || path === ':memory:' || path.includes('\0')) {
    throw invalidArgument(`'${path}' cannot name a ledger`, 'give the path of a file', 'ledger');
  }
  const absolute = absolutePath(path);
  const inDirectory = realPath(dirname(absolute));
  const found = inDirectory === null ? absolute : join(inDirectory, basename(absolute));
  checkName(path, found);
  checkName(path, realPath(found) ?? found);
  return found;
}

/** `found`: the file that the path names, links followed. */
function checkName(path: string, found: string): void {
  const name = basename(found);
  const companion = COMPANIONS.find((each) => name.toLowerCase().endsWith(each));
  if (companion === undefined) return;
  const end = name.slice(-companion.length);
  throw invalidArgument(
    `'${path}' cannot name a ledger: SQLite keeps files of its own under names that end with ${end}, and removes them`,
    'use another name',
    'ledger',
  );
}

/** Path of a file that SQLite keeps beside the ledger. It follows symbolic links: the file is beside their target. */
export function companionPath(ledger: string, end: '-wal' | '-shm'): string {
  return (realPath(ledger) ?? ledger) + end;
}

/** By the system's own function: Node's examines each part of the path by itself, and makes errors of its own. */
function realPath(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}

function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw error;
    throw new LedgerError('NO_LEDGER', {
      message: `the working directory is gone, so '${path}' leads nowhere`,
      hint: 'change to a directory that is there, or give an absolute path',
      details: { path },
      cause: error,
    });
  }
}
