/**
 * Copies a database as of one moment, page by page, beside writers.
 *
 * The copy runs inside a read transaction: without one SQLite begins the copy again after every commit, and beside an emitter at full speed it never ended
 * (348 restarts in 8 s, 2 % done). It pauses after each step for as long as the step took, which leaves the emitter 0.65 to 0.92 of its rate; `VACUUM INTO`
 * left it 0.52 to 0.60. The snapshot keeps the -wal from beginning again, so there are no pauses while the -wal is large.
 */

import type { Database } from 'better-sqlite3';
import type { Head } from '../../../model/events/head.ts';
import { fileBytes } from '../connection/file-guard.ts';
import { databasePath } from '../connection/immutable-file.ts';
import { companionPath } from '../connection/ledger-path.ts';
import { isDamage, translateError } from '../connection/translate-error.ts';
import { readHead } from '../write/write-state.ts';

const PAGES_PER_STEP = 256;
/** A pause is a wait of the thread: also if a step took long, an abort is heard soon. */
const PAUSE_MS_MAX = 250;
const WAL_BYTES_MAX = 512 * 1024 * 1024;

export interface CopyHooks {
  readonly signal: AbortSignal;
  /** Bytes. */
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Begins the snapshot. Returns its head. */
export function beginSnapshot(db: Database): Head {
  db.exec('BEGIN');
  try {
    // The snapshot is the one of the first read.
    return readHead(db);
  } catch (error) {
    endSnapshot(db);
    throw error;
  }
}

export function endSnapshot(db: Database): void {
  if (db.inTransaction) db.exec('ROLLBACK');
}

/**
 * Copies the snapshot that `db` has begun into `target`, an empty file. Blocks its thread for a step or a pause at a time.
 * @throws LedgerError DISK_FULL, IO_FAILED, DAMAGED_LEDGER; the signal's reason
 */
export async function copySnapshot(db: Database, target: string, { signal, onProgress }: CopyHooks): Promise<void> {
  const pageBytes = db.pragma('page_size', { simple: true }) as number;
  let stepBegan = performance.now();
  const copied = db.backup(target, {
    progress: ({ totalPages, remainingPages }) => {
      signal.throwIfAborted();
      const stepMs = performance.now() - stepBegan;
      onProgress({ done: (totalPages - remainingPages) * pageBytes, total: totalPages * pageBytes });
      if (fileBytes(companionPath(databasePath(db), '-wal')) < WAL_BYTES_MAX) pause(Math.min(stepMs, PAUSE_MS_MAX));
      stepBegan = performance.now();
      return PAGES_PER_STEP;
    },
  });
  await copied.catch((error: unknown) => {
    throw translateError(error, isDamage(error) ? databasePath(db) : target, 'read');
  });
}

const clock = new Int32Array(new SharedArrayBuffer(4));

/** better-sqlite3 begins the next step at once, whatever its hook returns, so the hook itself waits. */
function pause(ms: number): void {
  Atomics.wait(clock, 0, 0, ms);
}
