/** Checks the structure of a database file by SQLite's own means. */

import type { Database } from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import { IF_COPIED } from '../../protocol/broken-commit.ts';

/** Checks what the chain does not cover: damaged trees and indexes, with which a later query misses rows. */
export function checkStructure(db: Database): void {
  const [first] = db.prepare<[], string>('PRAGMA integrity_check(1)').pluck().all();
  if (first === 'ok') return;
  throw new LedgerError('VERIFICATION_FAILED', {
    message: `the chain is intact, but the file's structure is damaged: ${String(first)}`,
    hint: `bring the events into a new ledger: completengine replay -o envelope | completengine emit --envelope -l NEW; ${IF_COPIED}`,
  });
}
