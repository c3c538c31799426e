/** Describes a ledger for people and scripts, from its tables and its file, in one read transaction. */

import type { Database } from 'better-sqlite3';
import type { Partition, PartitionId } from '../../../model/routing/partition.ts';
import type { LedgerDescription, LedgerIdentity, PartitionSummary, StorageSize } from '../../ledger.ts';
import { worldReadable } from '../connection/file-guard.ts';
import { isImmutable } from '../connection/immutable-file.ts';
import { integer, type RawRow } from '../connection/rows.ts';
import { FORMAT, hasTable, partitionTable } from '../connection/schema.ts';
import { foreignObjects } from '../connection/schema-check.ts';
import { Statements } from '../connection/statements.ts';
import { readStorageSize } from '../connection/storage-size.ts';
import { readPartitionEnd } from '../write/partition-end.ts';
import { readProducers } from '../write/producers.ts';
import { readHead } from '../write/write-state.ts';
import { frameBytes } from './frame-bytes.ts';

const SETTINGS = [
  'journal_mode',
  'synchronous',
  'page_size',
  'auto_vacuum',
  'wal_autocheckpoint',
  'foreign_keys',
  'trusted_schema',
  'cell_size_check',
  'mmap_size',
];

export function describeLedger(db: Database, identity: LedgerIdentity): Omit<LedgerDescription, 'warnings'> {
  const description = describeRows(db, identity);
  return { ...description, storage: { ...readStorageSize(db, identity.path), ...description.storage } };
}

type RowsDescription = Omit<LedgerDescription, 'warnings' | 'storage'> & {
  readonly storage: Omit<LedgerDescription['storage'], keyof StorageSize>;
};

function describeRows(db: Database, identity: LedgerIdentity): RowsDescription {
  return db
    .transaction((): RowsDescription => {
      const first = db.prepare<[], RawRow>('SELECT first_time FROM commits ORDER BY first_sequence LIMIT 1').get();
      return {
        identity,
        format: FORMAT,
        head: readHead(db),
        commits: db.prepare('SELECT count(*) FROM commits').pluck().get() as number,
        firstTime: first === undefined ? null : integer(first, 'first_time'),
        partitions: summarizePartitions(db, identity.partitions),
        producers: producerPositions(db),
        sessions: hasTable(db, 'sessions') ? (db.prepare('SELECT count(*) FROM sessions').pluck().get() as number) : 0,
        storage: {
          engine: `SQLite ${db.prepare('SELECT sqlite_version()').pluck().get() as string}`,
          durability: identity.config.durability,
          settings: { ...settingsOf(db), ...(isImmutable(db) ? { immutable: 1 } : {}) },
          worldReadable: worldReadable(identity.path),
          foreignObjects: foreignObjects(db),
        },
      };
    })
    .deferred();
}

function settingsOf(db: Database): Record<string, string | number> {
  return Object.fromEntries(SETTINGS.map((name) => [name, db.pragma(name, { simple: true }) as string | number]));
}

/** Frames that are read one by one, in all partitions together: 0.2 s. */
const FRAMES_MAX = 1_000_000;

export function summarizePartitions(db: Database, partitions: readonly Partition[]): PartitionSummary[] {
  const framesMax = Math.floor(FRAMES_MAX / partitions.length);
  return partitions.map((partition) => ({ ...partition, ...summarize(db, partition.id, framesMax) }));
}

function summarize(db: Database, id: PartitionId, framesMax: number): Omit<PartitionSummary, 'id' | 'name'> {
  const table = partitionTable(id);
  const first = db.prepare<[], RawRow>(`SELECT first_time FROM ${table} ORDER BY sequence LIMIT 1`).get();
  const { nextOffset, lastTime } = readPartitionEnd(new Statements(db), id);
  return {
    events: nextOffset,
    ...frameBytes(db, id, nextOffset, framesMax),
    nextOffset,
    firstTime: first === undefined ? null : integer(first, 'first_time'),
    lastTime,
  };
}

export function producerPositions(db: Database): { name: string; position: number }[] {
  return readProducers(db).map(({ name, position }) => ({ name, position }));
}
