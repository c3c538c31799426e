/** Reads and writes a ledger's identity, settings and epochs: written at creation, read at every open and whenever an epoch begins. */

import type { Database } from 'better-sqlite3';
import type { LedgerConfig } from '../../../model/config.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { Partition } from '../../../model/routing/partition.ts';
import { type Epoch, type Epochs, NO_PLACEMENTS, type Placements } from '../../../model/routing/routing.ts';
import type { LedgerIdentity } from '../../ledger.ts';
import { IF_COPIED } from '../../protocol/broken-commit.ts';
import type { EpochLink } from '../../protocol/chain.ts';
import { readConfig, readRouting } from '../../protocol/stored-settings.ts';
import { databasePath } from './immutable-file.ts';
import { blob, integer, name, positive, type RawRow, text, uuid } from './rows.ts';
import { countPartitionTables, hasTable } from './schema.ts';
import { statementsOf } from './statements.ts';

/** The columns that the chain covers, as they are stored. */
export interface LedgerRow {
  readonly uuid: string;
  readonly createdAt: number;
  readonly config: string;
}

export type PartitionRow = EpochLink['partitions'][number];

export interface EpochRow {
  readonly epoch: number;
  readonly fromSequence: number;
  readonly routing: string;
  readonly hash: Buffer;
}

/** @throws LedgerError DAMAGED_LEDGER if the row is missing */
export function readLedgerRow(db: Database): LedgerRow {
  const row = statementsOf(db).get<[], RawRow>('SELECT uuid, created_at, config FROM ledger').get();
  if (row === undefined) throw unreadable(db, 'its ledger row is missing');
  return { uuid: uuid(row), createdAt: integer(row, 'created_at'), config: text(row, 'config') };
}

export function readPartitionRows(db: Database): PartitionRow[] {
  const rows = statementsOf(db).get<[], RawRow>('SELECT id, name, table_name, epoch FROM partition ORDER BY id').all();
  return rows.map((row) => ({
    id: integer(row, 'id'),
    name: name(row, 'name'),
    tableName: text(row, 'table_name'),
    epoch: integer(row, 'epoch'),
  }));
}

const EPOCH_COLUMNS = 'epoch, from_sequence, routing, hash';

export function readEpochRows(db: Database): EpochRow[] {
  return statementsOf(db).get<[], RawRow>(`SELECT ${EPOCH_COLUMNS} FROM epoch ORDER BY epoch`).all().map(toEpochRow);
}

function toEpochRow(row: RawRow): EpochRow {
  return {
    epoch: positive(row, 'epoch'),
    fromSequence: positive(row, 'from_sequence'),
    routing: text(row, 'routing'),
    hash: blob(row, 'hash'),
  };
}

export type PlacementRow = EpochLink['placements'][number] & { readonly epoch: number };

/** Placements of one epoch, or of all, by epoch and then by the bytes of their keys. */
export function readPlacementRows(db: Database, epoch?: number): PlacementRow[] {
  if (!hasTable(db, 'placements')) return [];
  const rows = db
    .prepare<[number, number], RawRow>(
      'SELECT epoch, key, partition FROM placements WHERE epoch BETWEEN ? AND ? ORDER BY epoch, key',
    )
    .all(epoch ?? 0, epoch ?? Number.MAX_SAFE_INTEGER);
  return rows.map((row) => ({
    epoch: integer(row, 'epoch'),
    key: text(row, 'key'),
    partition: integer(row, 'partition'),
  }));
}

/** Whether there are placements without an epoch. */
export function hasStrayPlacements(db: Database): boolean {
  return (
    hasTable(db, 'placements') &&
    db.prepare('SELECT 1 FROM placements WHERE epoch NOT IN (SELECT epoch FROM epoch) LIMIT 1').get() !== undefined
  );
}

/** The placements in force in the last epoch. */
export function readPlacements(db: Database, { placedFrom }: Epoch): Placements {
  if (placedFrom === null || !hasTable(db, 'placements')) return NO_PLACEMENTS;
  const rows = db
    .prepare<[number], RawRow>('SELECT key, partition FROM placements WHERE epoch >= ? ORDER BY epoch')
    .all(placedFrom);
  return new Map(rows.map((row) => [text(row, 'key'), integer(row, 'partition')]));
}

/** All epochs, at least one; the one in force is the last. @throws LedgerError DAMAGED_LEDGER */
export function readEpochs(db: Database): Epochs {
  const [first, ...rest] = readEpochRows(db).map((row) => parseEpoch(db, row));
  if (first === undefined) throw unreadable(db, 'it has no epoch');
  return [first, ...rest];
}

/** The epoch row in force. @throws LedgerError DAMAGED_LEDGER */
export function lastEpochRow(db: Database): EpochRow {
  const last = statementsOf(db).get<[], RawRow>(`SELECT ${EPOCH_COLUMNS} FROM epoch ORDER BY epoch DESC LIMIT 1`).get();
  if (last === undefined) throw unreadable(db, 'it has no epoch');
  return toEpochRow(last);
}

/** Dense from 0, each with its table: every query names tables by these ids. @throws LedgerError DAMAGED_LEDGER */
function readPartitions(db: Database): Partition[] {
  const rows = readPartitionRows(db);
  if (rows.some(({ id }, at) => id !== at) || rows.length !== countPartitionTables(db))
    throw unreadable(db, 'its partitions are not those of its tables');
  return rows.map(({ id, name }) => ({ id, name }));
}

/** @throws LedgerError DAMAGED_LEDGER */
function parseConfig(db: Database, json: string): LedgerConfig {
  return readConfig(json, (fact, cause) => unreadable(db, fact, cause));
}

/** @throws LedgerError DAMAGED_LEDGER */
export function parseEpoch(db: Database, { epoch, fromSequence, routing }: EpochRow): Epoch {
  return { epoch, fromSequence, ...readRouting(routing, (fact, cause) => unreadable(db, fact, cause)) };
}

function unreadable(db: Database, fact: string, cause?: unknown): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', {
    message: `${databasePath(db)}: the ledger is damaged: ${fact}`,
    hint: `restore an intact copy of the ledger; ${IF_COPIED}`,
    details: { path: databasePath(db) },
    cause,
  });
}

/** In one snapshot. */
export function readIdentity(db: Database, path: string): LedgerIdentity {
  return db
    .transaction(() => {
      const row = readLedgerRow(db);
      return {
        path,
        uuid: row.uuid,
        createdAt: row.createdAt,
        config: parseConfig(db, row.config),
        epochs: readEpochs(db),
        partitions: readPartitions(db),
        isSegment: false,
      };
    })
    .deferred();
}
