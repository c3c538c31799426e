/** Translates errors of SQLite and the file system into the engine's, once, with the path they concern. */

import type Database from 'better-sqlite3';
import { LedgerError, type LedgerErrorCode } from '../../../model/ledger-error.ts';
import { IF_COPIED } from '../../protocol/broken-commit.ts';
import { loadedBetterSqlite3 } from './better-sqlite3.ts';
import { notALedger } from './foreign-file.ts';

/** What the connection was doing when the error occurred. */
export type Activity = 'open' | 'read' | 'write' | 'commit';

export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && (error.code.startsWith('SQLITE_BUSY') || error.code.startsWith('SQLITE_LOCKED'));
}

/**
 * What SQLite reports of a damaged page, and of values that were never written there: the statements are ours and were tried on sound ledgers, so a type, a
 * constraint or a sum that does not fit is the fault of a row.
 */
const DAMAGE = ['SQLITE_CORRUPT', 'SQLITE_CONSTRAINT', 'SQLITE_MISMATCH', 'SQLITE_TOOBIG', 'SQLITE_ERROR'] as const;

/** Whether SQLite met a damaged page or row. */
export function isDamage(error: unknown): boolean {
  return isSqliteError(error) && isDamageCode(error.code);
}

function isDamageCode(code: string): boolean {
  return DAMAGE.some((known) => code.startsWith(known));
}

/** Whether SQLite could not make its files beside the ledger. */
export function isUnmakeable(error: unknown): boolean {
  return (
    isSqliteError(error) && (error.code === 'SQLITE_READONLY_DIRECTORY' || error.code.startsWith('SQLITE_CANTOPEN'))
  );
}

/** Whether SQLite was to write a file that this process may only read. */
export function isReadOnlyFile(error: unknown): boolean {
  return isSqliteError(error) && error.code === 'SQLITE_READONLY';
}

/** Before the driver is loaded no error comes from SQLite. */
function isSqliteError(error: unknown): error is InstanceType<typeof Database.SqliteError> {
  const driver = loadedBetterSqlite3();
  return driver !== undefined && error instanceof driver.SqliteError;
}

export function translateError(error: unknown, path: string, activity: Activity): unknown {
  if (error instanceof LedgerError) return error;
  if (!isSqliteError(error)) return error;
  if (error.code.startsWith('SQLITE_NOTADB') && activity === 'open') return notALedger(path, error);
  const known = classify(error.code, activity);
  if (known === null) return error;
  return new LedgerError(known.code, {
    message: `${path}: ${known.fact} (${error.code})`,
    hint: known.hint,
    details: { path, sqlite: error.code },
    cause: error,
  });
}

function classify(code: string, activity: Activity): { code: LedgerErrorCode; fact: string; hint: string } | null {
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return {
      code: 'BUSY',
      fact: 'another process holds the ledger',
      hint: 'try again, or wait longer with `busyTimeoutMs`',
    };
  }
  if (code === 'SQLITE_FULL') {
    const isCommit = activity === 'write' || activity === 'commit';
    return {
      code: 'DISK_FULL',
      fact: isCommit ? 'the disk is full; nothing of this commit is stored' : 'the disk is full',
      hint: 'free some space, then try again',
    };
  }
  if (code === 'SQLITE_READONLY_DIRECTORY' && activity !== 'commit') {
    return {
      code: 'PERMISSION_DENIED',
      fact: 'a -wal and a -shm must be made beside it, and the directory cannot be written',
      hint: 'make the directory writable; to read it, copy the ledger to a directory of yours',
    };
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM') {
    return {
      code: 'PERMISSION_DENIED',
      fact: 'the ledger or its directory cannot be written',
      hint: 'check the owner and the mode of both, and how it was opened',
    };
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return {
      code: 'PERMISSION_DENIED',
      fact: 'the ledger or its -wal cannot be opened',
      hint: 'check the owner and the mode of the file and of its directory, and the disk',
    };
  }
  if (code.startsWith('SQLITE_NOTADB'))
    return { code: 'NOT_A_LEDGER', fact: 'this is not a ledger any more', hint: 'restore an intact copy' };
  if (isDamageCode(code)) {
    return {
      code: 'DAMAGED_LEDGER',
      fact: 'the file is damaged',
      hint: `find the first bad commit: completengine inspect --verify; ${IF_COPIED}`,
    };
  }
  if (code.startsWith('SQLITE_IOERR')) {
    if (activity === 'commit') {
      return {
        code: 'OUTCOME_UNKNOWN',
        fact: 'an I/O error while committing: the last commit may be stored or not',
        hint: 'look at the disk, then see what is stored: completengine inspect',
      };
    }
    return { code: 'IO_FAILED', fact: 'an I/O error', hint: 'look at the disk and its free space' };
  }
  return null;
}
