/** The groups of a real ledger file without waiting for the disk: everything runs in one transaction that is rolled back at the end. */

import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { ArchiveFiles } from '../../src/core/ledger/sqlite/archive/archive-files.ts';
import { SqliteGroups } from '../../src/core/ledger/sqlite/groups/sqlite-groups.ts';
import { Completengine } from '../../src/index.ts';
import { ledgerPath } from './engines.ts';

export interface GroupStoreOptions {
  readonly partitions: number;
  /** Per partition. */
  readonly events: number;
}

/** `undo()` rolls back all changes since its last call. */
export async function openGroupStore({
  partitions,
  events,
}: GroupStoreOptions): Promise<{ groups: SqliteGroups; db: Database.Database; undo(): void }> {
  const ledger = ledgerPath();
  const engine = await Completengine.open({ ledger, partitions, partition: 'manual:to' });
  for (let at = 0; at < events; at++)
    await engine.emit(Array.from({ length: partitions }, (_, partition) => ({ to: `p${partition}`, at })));
  await engine.close();
  const db = new Database(ledger);
  db.pragma('foreign_keys = ON');
  onTestFinished(() => {
    db.close();
  });
  const now = <Result>(work: () => Result): Promise<Result> => {
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const files = new ArchiveFiles(`${ledger}.archive`);
  let groups = new SqliteGroups(db, { write: now, readSnapshot: now }, files);
  db.exec('BEGIN IMMEDIATE');
  await groups.create('first', 1, 0);
  db.exec('COMMIT');
  groups = new SqliteGroups(db, { write: now, readSnapshot: now }, files);
  db.exec('BEGIN IMMEDIATE');
  const undo = (): void => {
    db.exec('ROLLBACK');
    db.exec('BEGIN IMMEDIATE');
  };
  return { groups, db, undo };
}
