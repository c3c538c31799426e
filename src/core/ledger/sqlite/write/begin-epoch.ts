/** Begins an epoch inside an open transaction: writes the link of the chain, and the tables and rows it covers. */

import type { Database } from 'better-sqlite3';
import { invariant } from '../../../model/ledger-error.ts';
import { type LinkedEpoch, linkEpoch, type PlannedEpoch } from '../../protocol/epoch-link.ts';
import { readLedgerRow, readPartitionRows, readPlacementRows } from '../connection/identity.ts';
import { addPartitionTables, createOnDemand, partitionTable } from '../connection/schema.ts';
import { nextGenerations } from '../groups/group-rows.ts';
import type { WriteState } from './write-state.ts';

/** Must run inside an IMMEDIATE transaction, on the state as of it. */
export function beginEpoch(db: Database, state: WriteState, planned: PlannedEpoch): void {
  const added = planned.newPartitionNames.length;
  addPartitionTables(db, state.partitionNames.length, added);
  writeEpoch(db, linkEpoch(state.hash, readLedgerRow(db), readPartitionRows(db), planned, partitionTable));
  if (added > 0) nextGenerations(db);
}

/** Writes an epoch, its new partitions and its placements. */
export function writeEpoch(db: Database, { link, hash }: LinkedEpoch): void {
  const insertEpoch = db.prepare('INSERT INTO epoch (epoch, from_sequence, routing, hash) VALUES (?, ?, ?, ?)');
  insertEpoch.run(link.epoch, link.fromSequence, link.routing, hash);
  const insertPartition = db.prepare('INSERT INTO partition (id, name, table_name, epoch) VALUES (?, ?, ?, ?)');
  for (const { id, name, tableName, epoch } of link.partitions)
    if (epoch === link.epoch) insertPartition.run(id, name, tableName, epoch);
  if (link.placements.length === 0) return;
  createOnDemand(db, 'placements');
  const insertPlacement = db.prepare('INSERT INTO placements (epoch, key, partition) VALUES (?, ?, ?)');
  for (const { key, partition } of link.placements) insertPlacement.run(link.epoch, key, partition);
  const stored = readPlacementRows(db, link.epoch);
  invariant(
    stored.every(({ key }, at) => key === link.placements[at]?.key),
    'placements are hashed in another order than they are read',
  );
}
