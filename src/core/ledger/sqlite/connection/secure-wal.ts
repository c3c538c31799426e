/**
 * Makes the commits durable that recovery restores from the -wal of a crashed process, before any commit after them is acknowledged.
 *
 * After a failed fsync Linux marks the pages clean although they are not on the disk. Recovery reads them from the cache and accepts the commit; every
 * later fsync of the -wal succeeds without writing them. A power failure then ends the -wal before that commit, and loses all commits that were
 * acknowledged after it: in 19 of 64 simulated power failures, and in none of 90 once the recovered frames were written to the database file and the -wal began
 * again from zero. An index of the -wal that is in use holds no such frames, because SQLite adds a commit to it only after its fsync has succeeded: so this
 * is needed only after recovery. The first process that opens the ledger secures it, even if it only reads, and later ones can rely on it.
 */

import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import { betterSqlite3 } from './better-sqlite3.ts';
import { applyDurability, connect } from './connection.ts';
import { fileBytes } from './file-guard.ts';
import { companionPath } from './ledger-path.ts';
import { isBusy } from './translate-error.ts';

export interface LeftWalOptions {
  readonly path: string;
  /** False: if it cannot be secured it is read as it is, because a full or failing disk must not prevent reading. */
  readonly isRequired: boolean;
}

/** One opening of a ledger, which may take several attempts. */
export class LeftWal {
  readonly #path: string;
  readonly #isRequired: boolean;
  /** Identity of the -shm before this process has opened anything; null if the -wal is empty. */
  readonly #indexBefore: string | null;
  #isSecured = false;
  #isWaiting = false;

  /** By stat alone: opening any of the files with `fs` would release SQLite's locks. */
  constructor({ path, isRequired }: LeftWalOptions) {
    this.#path = path;
    this.#isRequired = isRequired;
    this.#indexBefore = fileBytes(companionPath(path, '-wal')) > 0 ? indexMark(path) : null;
  }

  /**
   * Secures the -wal with exclusive access, on a connection of its own. Does nothing if other processes have the ledger open. `check` runs before anything is written.
   * @throws what `check` throws; SqliteError where it is required
   */
  secureAlone(check: (db: Database.Database) => void): void {
    if (this.#indexBefore === null || this.#isSecured) return;
    try {
      const db = connect(this.#path, { isReadOnly: false, isAlone: true });
      try {
        applyDurability(db, 'full');
        check(db);
        writeBack(db);
        this.#isSecured = true;
      } finally {
        db.close();
      }
    } catch (error) {
      if (error instanceof LedgerError || (this.#isRequired && !isBusy(error))) throw error;
    }
  }

  /**
   * Secures the -wal beside other connections, after `db` has read: recovery truncates the -shm, so an unchanged one was in use. Two processes that opened at
   * the same time and excluded each other from {@link secureAlone} both find it changed.
   * @throws SqliteError where it is required, SQLITE_BUSY while a reader needs the -wal
   */
  secureBeside(db: Database.Database): void {
    if (this.#indexBefore === null || this.#isSecured || indexMark(this.#path) === this.#indexBefore) return;
    try {
      writeBack(db);
      this.#isSecured = true;
    } catch (error) {
      if (!this.#isRequired) return;
      this.#isWaiting = isBusy(error);
      throw error;
    }
  }

  /** Adds the reason to the error of an opening that waited too long. */
  explain(error: unknown): unknown {
    if (!this.#isWaiting || !(error instanceof LedgerError) || error.code !== 'BUSY') return error;
    return new LedgerError('BUSY', {
      message: `${this.#path}: what a crash left in its -wal cannot be written back, because another process reads it (waited ${String(error.details['limitMs'])} ms)`,
      hint: 'end the process that has the file open, or wait longer with --busy-timeout',
      details: error.details,
      cause: error.cause,
    });
  }
}

/** Writes the -wal to the database file, syncs that, and restarts the -wal from zero. @throws SqliteError SQLITE_BUSY while a reader needs the -wal */
function writeBack(db: Database.Database): void {
  const [row] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  // The pragma reports this failure in its result instead of throwing.
  if (row?.busy !== 0) throw new (betterSqlite3().SqliteError)('the -wal is in use', 'SQLITE_BUSY');
}

/** Changes when the -shm is made or truncated. */
function indexMark(path: string): string {
  const stats = statSync(companionPath(path, '-shm'), { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? 'none' : `${stats.dev}:${stats.ino}:${stats.ctimeNs}`;
}
