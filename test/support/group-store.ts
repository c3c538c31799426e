/** The groups of a real ledger file without waiting for the disk: everything runs in one transaction that is rolled back at the end. */

import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { Groups } from '../../src/core/ledger/groups.ts';
import { ArchiveFiles } from '../../src/core/ledger/sqlite/archive/archive-files.ts';
import { SqliteGroupStore } from '../../src/core/ledger/sqlite/groups/sqlite-group-store.ts';
import { positionAt } from '../../src/core/ledger/sqlite/read/lanes.ts';
import { LedgerHistory } from '../../src/core/ledger/sqlite/read/ledger-history.ts';
import { FrameReader } from '../../src/core/ledger/sqlite/read/read.ts';
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
}: GroupStoreOptions): Promise<{ groups: Groups; db: Database.Database; undo(): void }> {
  const ledger = ledgerPath();
  const engine = await Completengine.open({ ledger, partitions, routing: 'manual:to' });
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
  const reader = new FrameReader(db);
  const files = new ArchiveFiles(`${ledger}.archive`);
  const history = new LedgerHistory(db, reader, files);
  const open = () =>
    new Groups({
      groupStore: new SqliteGroupStore(db, { write: now, readSnapshot: now }, files),
      positionsAt: (sequence) => now(() => reader.partitionIds().map((id) => positionAt(history, id, sequence))),
    });
  let groups = open();
  db.exec('BEGIN IMMEDIATE');
  await groups.create('first', 1, 0);
  db.exec('COMMIT');
  groups = open();
  db.exec('BEGIN IMMEDIATE');
  const undo = (): void => {
    db.exec('ROLLBACK');
    db.exec('BEGIN IMMEDIATE');
  };
  return { groups, db, undo };
}
