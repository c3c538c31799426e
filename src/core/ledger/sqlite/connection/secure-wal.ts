/**
 * Makes the commits durable that recovery restores from the -wal of a crashed process, before any commit after them is acknowledged (decisions/0012).
 *
 * After a failed fsync Linux marks the pages clean although they are not on the disk. Recovery reads them from the cache and accepts the commit; every
 * later fsync of the -wal succeeds without writing them. A power failure then ends the -wal before that commit, and loses all commits that were
 * acknowledged after it: in 19 of 64 simulated power failures, and in none of 90 once the recovered frames were written to the database file and the -wal began
 * again from zero.
 *
 * Before any recovered page goes into the database file, the last transaction of the -wal is written again and synced. Otherwise a power failure during that
 * checkpoint could leave a part of a commit in the file whose frames are not on the disk: 6 of 100 simulated ones did, and none of 94 with it.
 *
 * No connection can find out whether it, or another one, has recovered the -wal: the times of the -shm change with each process that maps it. So each
 * opening secures it: {@link secureAlone} if no other process is there, and {@link secureBeside} others in any case.
 */

import type Database from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import { betterSqlite3 } from './better-sqlite3.ts';
import { applyDurability, connect } from './connection.ts';
import { fileBytes } from './file-guard.ts';
import { companionPath } from './ledger-path.ts';
import { rewriteLastTransaction } from './rewrite-wal.ts';
import { isBusy } from './translate-error.ts';

export interface LeftWal {
  /** Path of the ledger. */
  readonly path: string;
  /** False: if it cannot be secured it is read as it is, because a full or failing disk must not prevent reading. */
  readonly isRequired: boolean;
}

/**
 * Makes the last transaction of a -wal that is not empty durable, writes the -wal to the database file, syncs that, and restarts the -wal from zero: with
 * exclusive access, on a connection of its own. Does nothing if other processes have the ledger open. `check` runs before anything is written.
 * @throws what `check` throws; where it is required SqliteError, LedgerError DISK_FULL, IO_FAILED
 */
export function secureAlone({ path, isRequired }: LeftWal, check: (db: Database.Database) => void): void {
  // By stat: opening the ledger or its -shm with `fs` would release SQLite's locks.
  if (fileBytes(companionPath(path, '-wal')) === 0) return;
  try {
    const db = connect(path, { isReadOnly: false, isAlone: true });
    try {
      applyDurability(db, 'full');
      check(db);
      const frames = framesOf(db);
      if (frames > 0) rewriteLastTransaction(companionPath(path, '-wal'), frames);
      writeBack(db);
    } finally {
      db.close();
    }
  } catch (error) {
    if (isRequired ? !isBusy(error) : error instanceof LedgerError && !isOfDisk(error)) throw error;
  }
}

/**
 * Makes the last transaction of the -wal durable beside other connections, after `db` has read: a failed commit can only be the last one that recovery
 * found, and as long as this connection is open there is no other recovery. Waits for no reader. `db`: outside of a transaction, not yet `query_only`.
 * @throws where it is required: SqliteError SQLITE_BUSY while another connection writes; LedgerError DISK_FULL, IO_FAILED
 */
export function secureBeside(db: Database.Database, { path, isRequired }: LeftWal): void {
  try {
    const frames = framesOf(db);
    if (frames <= 0) return;
    // Nobody writes to the -wal, or restarts it, without this lock.
    db.exec('BEGIN IMMEDIATE');
    try {
      rewriteLastTransaction(companionPath(path, '-wal'), frames);
    } finally {
      db.exec('ROLLBACK');
    }
  } catch (error) {
    if (isRequired) throw error;
  }
}

/** Frames of the -wal; none, or a negative number, if there is nothing in it that counts. */
function framesOf(db: Database.Database): number {
  const [row] = db.pragma('wal_checkpoint(NOOP)') as { log: number }[];
  return row?.log ?? 0;
}

function isOfDisk({ code }: LedgerError): boolean {
  return code === 'DISK_FULL' || code === 'IO_FAILED';
}

/** @throws SqliteError SQLITE_BUSY while a reader needs the -wal */
function writeBack(db: Database.Database): void {
  const [row] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  // The pragma reports this failure in its result instead of throwing.
  if (row?.busy !== 0) throw new (betterSqlite3().SqliteError)('the -wal is in use', 'SQLITE_BUSY');
}
