/** Measures the file of a ledger and its write-ahead log. */

import type { Database } from 'better-sqlite3';
import type { StorageSize } from '../../ledger.ts';
import { fileBytes } from './file-guard.ts';
import { companionPath } from './ledger-path.ts';
import { integer, type RawRow } from './rows.ts';

/** Sizes of the file and its WAL. Must run outside of a transaction, as {@link readWal}. */
export function readStorageSize(db: Database, path: string): StorageSize {
  return { bytes: fileBytes(path), log: readWal(db, path) };
}

/** Size of the WAL, and the part that waits to be written back. Must run outside of a transaction; it writes nothing back and waits for no lock. */
export function readWal(db: Database, path: string): NonNullable<StorageSize['log']> {
  // The checkpoint reports the -wal as this connection saw it last: without a read that may be out of date.
  db.pragma('data_version');
  const [row] = db.pragma('wal_checkpoint(NOOP)') as RawRow[];
  const pages = row === undefined ? 0 : integer(row, 'log') - integer(row, 'checkpointed');
  return {
    bytes: fileBytes(companionPath(path, '-wal')),
    waitingBytes: Math.max(0, pages) * (db.pragma('page_size', { simple: true }) as number),
  };
}
