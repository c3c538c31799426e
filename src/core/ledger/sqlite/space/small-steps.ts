/**
 * Long work on a live ledger in small write transactions: each is followed by a pause as long as it took, so that emitters get at least half of the time,
 * and the work waits while a reader keeps the WAL from being written back.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { GuardedDatabase } from '../connection/guarded-database.ts';
import { readWaitingBytes } from '../connection/storage-size.ts';

/** SQLite writes back at 8 MB; far more than that means that a reader holds an old snapshot, and every further step would make the WAL larger. */
const WAL_BYTES_MAX = 128 * 1024 * 1024;
const WAIT_MS = 10_000;
const CHECK_EVERY_MS = 50;

export interface StepLimits {
  /** Part of the WAL that may wait to be written back, in bytes. */
  readonly walBytesMax?: number | undefined;
  /** How long to wait for it to fall below that. */
  readonly waitMs?: number | undefined;
  /** Ends the work between two steps. */
  readonly signal?: AbortSignal | undefined;
}

export class SmallSteps {
  readonly #db: Database;
  readonly #guarded: GuardedDatabase;
  readonly #path: string;
  readonly #limits: StepLimits;

  constructor(db: Database, guarded: GuardedDatabase, path: string, limits: StepLimits) {
    this.#db = db;
    this.#guarded = guarded;
    this.#path = path;
    this.#limits = limits;
  }

  get isStopped(): boolean {
    return this.#limits.signal?.aborted === true;
  }

  /** Reads in a transaction of its own. */
  read<Result>(work: () => Result): Promise<Result> {
    return this.#guarded.readSnapshot(work);
  }

  /**
   * Runs one step in one IMMEDIATE transaction, then pauses.
   * @throws LedgerError BUSY if a reader keeps the WAL too large for too long; the steps before are done
   */
  async write<Result>(work: () => Result): Promise<Result> {
    await this.#waitForWal();
    let begun = 0;
    const result = await this.#guarded.write(() => {
      begun = performance.now();
      return work();
    });
    await this.#pause(performance.now() - begun);
    return result;
  }

  async #waitForWal(): Promise<void> {
    const { walBytesMax = WAL_BYTES_MAX, waitMs = WAIT_MS } = this.#limits;
    const deadline = performance.now() + waitMs;
    for (;;) {
      const waitingBytes = await this.#guarded.read(() => readWaitingBytes(this.#db));
      if (waitingBytes <= walBytesMax || this.isStopped) return;
      if (performance.now() >= deadline) throw this.#heldByReader(waitingBytes);
      // nobody else may commit, and with that write back, once the reader has gone
      await this.#guarded.read(() => this.#db.pragma('wal_checkpoint(PASSIVE)'));
      await this.#pause(CHECK_EVERY_MS);
    }
  }

  #heldByReader(waitingBytes: number): LedgerError {
    return new LedgerError('BUSY', {
      message: `${this.#path}: a reader has kept ${waitingBytes} bytes of the WAL from being written back, so the work was stopped`,
      hint: 'end the long read, then run the same command again: it continues where it stopped',
      details: { path: this.#path, waitingBytes },
    });
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#limits;
    if (this.isStopped) return;
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (!this.isStopped) throw error;
    });
  }
}
