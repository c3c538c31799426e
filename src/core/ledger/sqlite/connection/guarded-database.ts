/**
 * Guards one connection: every use waits while other processes hold the file, every write is one transaction, and errors are translated.
 * States: open -> failed (an I/O error or damage during a write: nothing is written any more over what it left) -> closed; open -> closed.
 */

import type { Database } from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { BusyLimit } from '../../driver.ts';
import { retryWhileBusy } from './busy.ts';
import type { UnchangedFile } from './immutable-file.ts';
import { type Activity, translateError } from './translate-error.ts';
import { WriteQueue } from './write-queue.ts';

export interface GuardedDatabaseOptions {
  readonly path: string;
  readonly busyLimit: BusyLimit;
  /** Called after a rollback: state of the transaction that is cached in memory is wrong. */
  readonly onRollBack: () => void;
  /** The file, if it is read without locks. */
  readonly unchanged: UnchangedFile | null;
}

export class GuardedDatabase {
  readonly #db: Database;
  readonly #path: string;
  readonly #queue: WriteQueue;
  readonly #busyLimit: BusyLimit;
  readonly #onRollBack: () => void;
  readonly #unchanged: UnchangedFile | null;
  /** See the states above; changed by {@link noteFailure} and {@link close} alone. */
  #mode: 'open' | 'failed' | 'closed' = 'open';

  constructor(db: Database, { path, busyLimit, onRollBack, unchanged }: GuardedDatabaseOptions) {
    this.#db = db;
    this.#path = path;
    this.#queue = new WriteQueue(path);
    this.#busyLimit = busyLimit;
    this.#onRollBack = onRollBack;
    this.#unchanged = unchanged;
  }

  /** Runs `work` outside of a transaction: each of its statements sees the ledger as of that statement. */
  read<Result>(work: () => Result): Promise<Result> {
    this.checkOpen();
    return this.#guarded('read', work);
  }

  /** Runs `work` in one read transaction: all of it sees the ledger as of one moment. */
  readSnapshot<Result>(work: () => Result): Promise<Result> {
    return this.read(() => this.#db.transaction(work).deferred());
  }

  /** Runs `work` in one IMMEDIATE transaction, durable when it resolves. A result that is not kept is rolled back. */
  write<Result>(work: () => Result, isKept: (result: Result) => boolean = () => true): Promise<Result> {
    this.checkWritable();
    return this.#inTurn(() => {
      this.#begin();
      try {
        const result = work();
        const mustKeep = isKept(result);
        this.#finish(mustKeep ? 'COMMIT' : 'ROLLBACK');
        // who learns that nothing was kept tries again at once: if others came first, it might never be built on the present head
        if (mustKeep) this.#queue.written();
        return result;
      } catch (error) {
        this.abandon();
        throw error;
      }
    });
  }

  /** Begins a transaction of several parts, to be ended or abandoned. */
  begin(): Promise<void> {
    this.checkWritable();
    return this.#inTurn(() => this.#begin());
  }

  /** Runs one part of the transaction. */
  within<Result>(work: () => Result): Promise<Result> {
    return this.#guarded('write', work);
  }

  end(): void {
    try {
      this.#finish('COMMIT');
      this.#queue.written();
    } catch (error) {
      throw this.translated(error, 'write');
    }
  }

  abandon(): void {
    this.#onRollBack();
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    this.#queue.written();
  }

  /** Translates an error; after some errors of a write this connection writes no more. */
  translated(error: unknown, activity: Activity): unknown {
    const translated = translateError(error, this.#path, activity);
    if (activity === 'write') this.noteFailure(translated);
    return translated;
  }

  noteFailure(error: unknown): void {
    const isFatal =
      error instanceof LedgerError && ['IO_FAILED', 'OUTCOME_UNKNOWN', 'DAMAGED_LEDGER'].includes(error.code);
    if (isFatal && this.#mode === 'open') this.#mode = 'failed';
  }

  /** After work that read the file, whether it failed or not. @throws LedgerError BUSY */
  checkUnchanged(): void {
    this.#unchanged?.check();
  }

  /** @throws LedgerError CLOSED */
  checkOpen(): void {
    if (this.#mode !== 'closed') return;
    throw new LedgerError('CLOSED', { message: `${this.#path} is closed`, hint: 'open it again' });
  }

  /** @throws LedgerError CLOSED */
  checkWritable(): void {
    this.checkOpen();
    if (this.#mode !== 'failed') return;
    throw new LedgerError('CLOSED', {
      message: `${this.#path} had an I/O error and accepts no more commits from this process`,
      hint: 'check the disk, then open the ledger again',
    });
  }

  /**
   * SQLite may write back here even after a failed commit: its index of the -wal does not hold that commit, so only acknowledged ones go into the file.
   * If that succeeds the -wal is removed, and the failed commit cannot come back.
   */
  close(): void {
    this.#mode = 'closed';
    this.#queue.close();
    this.#db.close();
  }

  #begin(): void {
    this.#db.exec('BEGIN IMMEDIATE');
    this.#queue.begin();
  }

  /** Ends a transaction. After an I/O error from here on it is unknown whether the commit is stored. */
  #finish(statement: 'COMMIT' | 'ROLLBACK'): void {
    try {
      this.#db.exec(statement);
    } catch (error) {
      throw translateError(error, this.#path, 'commit');
    }
  }

  /** As {@link #guarded}, behind those that have waited longer for the lock. */
  async #inTurn<Result>(work: () => Result): Promise<Result> {
    const { signal } = this.#busyLimit;
    try {
      const turn = this.#queue.enter(signal);
      if (turn !== null) await turn;
      return await this.#guarded('write', work, this.#queue.pauses(signal));
    } finally {
      this.#queue.leave();
    }
  }

  async #guarded<Result>(activity: Activity, work: () => Result, pause?: () => Promise<void>): Promise<Result> {
    try {
      return await retryWhileBusy(work, this.#busyLimit, this.#path, pause);
    } catch (error) {
      throw this.translated(error, activity);
    } finally {
      this.checkUnchanged();
    }
  }
}
