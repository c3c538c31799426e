/** What a ledger says of itself: written once at its creation, read at every open, and again when an epoch begins. */

import type { Database } from 'better-sqlite3';
import type { LedgerConfig } from '../../model/config.ts';
import type { FieldPath } from '../../model/field-path.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { Partition } from '../../model/partition.ts';
import type { Epoch, Epochs, RoutingSpec } from '../../model/routing.ts';
import { formatRoutingSpec, parseRoutingSpec } from '../../model/routing-text.ts';
import type { EpochLink } from '../chain.ts';
import { blob, integer, type RawRow, text } from './rows.ts';

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

/** @throws LedgerError DAMAGED_LEDGER when the row is not there. */
export function readLedgerRow(db: Database): LedgerRow {
  const row = db.prepare<[], RawRow>('SELECT uuid, created_at, config FROM ledger').get();
  if (row === undefined) throw unreadable(db, 'its ledger row is missing');
  return { uuid: text(row, 'uuid'), createdAt: integer(row, 'created_at'), config: text(row, 'config') };
}

export function readPartitionRows(db: Database): PartitionRow[] {
  const rows = db.prepare<[], RawRow>('SELECT id, name, table_name, epoch FROM partition ORDER BY id').all();
  return rows.map((row) => ({ id: integer(row, 'id'), name: text(row, 'name'), tableName: text(row, 'table_name'), epoch: integer(row, 'epoch') }));
}

export function readEpochRows(db: Database): EpochRow[] {
  const rows = db.prepare<[], RawRow>('SELECT epoch, from_sequence, routing, hash FROM epoch ORDER BY epoch').all();
  return rows.map((row) => ({
    epoch: integer(row, 'epoch'),
    fromSequence: integer(row, 'from_sequence'),
    routing: text(row, 'routing'),
    hash: blob(row, 'hash'),
  }));
}

/** At least one, the one in force last. @throws LedgerError DAMAGED_LEDGER */
export function readEpochs(db: Database): Epochs {
  const [first, ...rest] = readEpochRows(db).map((row) => parseEpoch(db, row));
  if (first === undefined) throw unreadable(db, 'it has no epoch');
  return [first, ...rest];
}

/** The epoch row in force. @throws LedgerError DAMAGED_LEDGER */
export function lastEpochRow(db: Database): EpochRow {
  const last = readEpochRows(db).at(-1);
  if (last === undefined) throw unreadable(db, 'it has no epoch');
  return last;
}

export function toPartitions(rows: readonly PartitionRow[]): Partition[] {
  return rows.map(({ id, name }) => ({ id, name }));
}

export function formatConfig(config: LedgerConfig): string {
  return JSON.stringify(config);
}

/** @throws LedgerError DAMAGED_LEDGER */
export function parseConfig(db: Database, json: string): LedgerConfig {
  const raw = parseObject(db, json, 'config');
  const path = (value: unknown): FieldPath | null => {
    if (value === null) return null;
    if (Array.isArray(value) && value.length > 0 && value.every((key) => typeof key === 'string')) return value as string[];
    throw unreadable(db, 'a path of its config cannot be read');
  };
  const oneOf = <Value extends string>(value: unknown, ...values: Value[]): Value => {
    const found = values.find((known) => known === value);
    if (found === undefined) throw unreadable(db, 'its config cannot be read');
    return found;
  };
  const lineBytesMax = raw.get('lineBytesMax');
  if (typeof lineBytesMax !== 'number') throw unreadable(db, 'its line limit cannot be read');
  return {
    time: path(raw.get('time') ?? null),
    unique: path(raw.get('unique') ?? null),
    durability: oneOf(raw.get('durability'), 'full', 'normal'),
    determinism: oneOf(raw.get('determinism'), 'strict', 'relaxed'),
    lineBytesMax,
  };
}

export function formatRouting(spec: RoutingSpec, partitionCount: number): string {
  return JSON.stringify({ spec: formatRoutingSpec(spec), partitions: partitionCount });
}

/** @throws LedgerError DAMAGED_LEDGER */
export function parseEpoch(db: Database, row: EpochRow): Epoch {
  const raw = parseObject(db, row.routing, 'routing');
  const spec = raw.get('spec');
  const partitionCount = raw.get('partitions');
  if (typeof spec !== 'string' || typeof partitionCount !== 'number' || !Number.isInteger(partitionCount) || partitionCount < 1) {
    throw unreadable(db, 'its routing cannot be read');
  }
  return { epoch: row.epoch, fromSequence: row.fromSequence, spec: parseSpec(db, spec), partitionCount };
}

function parseSpec(db: Database, spec: string): RoutingSpec {
  try {
    return parseRoutingSpec(spec);
  } catch (error) {
    throw unreadable(db, 'its routing cannot be read', error);
  }
}

/** A Map rather than the object itself: names come from a file and must not reach a prototype. */
function parseObject(db: Database, json: string, what: string): Map<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(json) as object));
  } catch (error) {
    throw unreadable(db, `its ${what} is no JSON`, error);
  }
}

function unreadable(db: Database, fact: string, cause?: unknown): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', {
    message: `${db.name}: the ledger is damaged: ${fact}`,
    hint: 'take a copy that is sound',
    details: { path: db.name },
    cause,
  });
}
