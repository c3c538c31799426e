/** Measures the file of a ledger and its write-ahead log. */

import type { Database } from 'better-sqlite3';
import type { StorageSize } from '../../ledger.ts';
import { fileBytes } from './file-guard.ts';
import { companionPath } from './ledger-path.ts';
import { integer, type RawRow } from './rows.ts';
import { isReadOnlyFile } from './translate-error.ts';

/** Sizes of the file and its WAL. Must run outside of a transaction, as {@link readWaitingBytes}. */
export function readStorageSize(db: Database, path: string): StorageSize {
  const log = { bytes: fileBytes(companionPath(path, '-wal')), waitingBytes: waitingBytesOrNull(db) };
  return { bytes: fileBytes(path), log };
}

/**
 * Null where the -wal may only be read: SQLite refuses even a checkpoint that writes nothing there. The -shm has the
 * numbers, but to open and close that file would release every lock that this process has on it.
 */
export function waitingBytesOrNull(db: Database): number | null {
  try {
    return readWaitingBytes(db);
  } catch (error) {
    if (isReadOnlyFile(error)) return null;
    throw error;
  }
}

/** The part of the WAL that waits to be written back. Must run outside of a transaction; it writes nothing back and waits for no lock. */
export function readWaitingBytes(db: Database): number {
  // The checkpoint reports the -wal as this connection saw it last: without a read that may be out of date.
  db.pragma('data_version');
  const [row] = db.pragma('wal_checkpoint(NOOP)') as RawRow[];
  const pages = row === undefined ? 0 : integer(row, 'log') - integer(row, 'checkpointed');
  return Math.max(0, pages) * (db.pragma('page_size', { simple: true }) as number);
}
