/** Begins an epoch inside an open transaction: writes the link of the chain, and the tables and rows it covers. */

import type { Database } from 'better-sqlite3';
import { invariant } from '../../../model/ledger-error.ts';
import type { EpochPlan } from '../../../model/routing/epoch-plan.ts';
import { type EpochLink, hashEpoch } from '../../protocol/chain.ts';
import { planEpoch } from '../../protocol/epoch-link.ts';
import {
  formatRouting,
  type PartitionRow,
  readLedgerRow,
  readPartitionRows,
  readPlacementRows,
} from '../connection/identity.ts';
import { addPartitionTables, createOnDemand, partitionTable } from '../connection/schema.ts';
import { nextGenerations } from '../groups/group-rows.ts';
import type { WriteState } from './write-state.ts';

/** Must run inside an IMMEDIATE transaction, on the state as of it. */
export function beginEpoch(db: Database, state: WriteState, plan: EpochPlan): void {
  const { routing, newPartitionNames, placements } = planEpoch(state, plan);
  const { epoch } = routing;
  const known = state.partitionNames.length;
  addPartitionTables(db, known, newPartitionNames.length);
  const added = newPartitionNames.map((name, nth) => partitionRow(known + nth, name, epoch.epoch));
  writeEpoch(db, state.hash, {
    ledger: readLedgerRow(db),
    epoch: epoch.epoch,
    fromSequence: epoch.fromSequence,
    routing: formatRouting(epoch),
    partitions: [...readPartitionRows(db), ...added],
    placements,
  });
  if (added.length > 0) nextGenerations(db);
}

export function partitionRow(id: number, name: string, epoch: number): PartitionRow {
  return { id, name, tableName: partitionTable(id), epoch };
}

/** Writes an epoch, its new partitions and its placements. */
export function writeEpoch(db: Database, previous: Buffer, link: EpochLink): void {
  const insertEpoch = db.prepare('INSERT INTO epoch (epoch, from_sequence, routing, hash) VALUES (?, ?, ?, ?)');
  insertEpoch.run(link.epoch, link.fromSequence, link.routing, hashEpoch(previous, link));
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
