/** Gives free pages of a ledger back to the file system, a few at a time: an emitter waits for each step. */

import type { Database } from 'better-sqlite3';

const PAGES_A_STEP = 200;
const INCREMENTAL = 2;

/** Pages that can be given back; 0 in a file that was not created for it. */
export function freePages(db: Database): number {
  if (db.pragma('auto_vacuum', { simple: true }) !== INCREMENTAL) return 0;
  return db.pragma('freelist_count', { simple: true }) as number;
}

/** One step; each is a transaction. Returns the pages that are still free. */
export function giveBackStep(db: Database): number {
  // As a prepared statement it would give one page back.
  db.exec(`PRAGMA incremental_vacuum(${PAGES_A_STEP})`);
  return freePages(db);
}
