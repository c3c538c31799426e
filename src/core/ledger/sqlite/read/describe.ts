/** Describes a ledger for people and scripts, from its tables and its file, in one read transaction. */

import type { Database } from 'better-sqlite3';
import type { Partition } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { LedgerDescription, LedgerIdentity, PartitionSummary, StorageSize } from '../../ledger.ts';
import { readArchiveRows } from '../archive/archive-rows.ts';
import { liveStartAfter, readLiveStart } from '../archive/live-start.ts';
import { worldReadable } from '../connection/file-guard.ts';
import { isImmutable } from '../connection/immutable-file.ts';
import { type RawRow, time } from '../connection/rows.ts';
import { FORMAT, partitionTable } from '../connection/schema.ts';
import { foreignObjects } from '../connection/schema-check.ts';
import { Statements } from '../connection/statements.ts';
import { readStorageSize } from '../connection/storage-size.ts';
import { readPartitionEnd } from '../write/partition-end.ts';
import { countSessions } from '../write/pins.ts';
import { readProducers } from '../write/producers.ts';
import { readHead } from '../write/write-state.ts';
import { FRAME_LIMITS, frameBytes } from './frame-bytes.ts';

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

/** `size`: of the storage, if it is known; within a transaction it must be. */
export function describeLedger(
  db: Database,
  identity: LedgerIdentity,
  size?: StorageSize,
): Omit<LedgerDescription, 'warnings'> {
  const description = describeRows(db, identity);
  return { ...description, storage: { ...(size ?? readStorageSize(db, identity.path)), ...description.storage } };
}

type RowsDescription = Omit<LedgerDescription, 'warnings' | 'storage'> & {
  readonly storage: Omit<LedgerDescription['storage'], keyof StorageSize>;
};

function describeRows(db: Database, identity: LedgerIdentity): RowsDescription {
  return db
    .transaction((): RowsDescription => {
      const archive = readArchiveRows(db);
      const start = liveStartAfter(archive.at(-1) ?? null);
      const live = db
        .prepare<[number], number>('SELECT count(*) FROM commits WHERE first_sequence >= ?')
        .pluck()
        .get(start.sequence) as number;
      return {
        identity,
        format: FORMAT,
        head: readHead(db),
        commits: archive.reduce((sum, { commits }) => sum + commits, live),
        firstTime: firstTimeOf(db),
        partitions: summarizePartitions(db, identity.partitions),
        producers: producerPositions(db),
        sessions: countSessions(db),
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

/** Ledger time of the first event that was not dropped; null in an empty ledger. */
export function firstTimeOf(db: Database): Micros | null {
  const archived = readArchiveRows(db);
  // a segment before dropped history is kept, too
  const kept = archived.find(({ file }) => file !== null);
  if (kept !== undefined) return kept.firstTime;
  const first = db
    .prepare<[number], RawRow>(
      'SELECT first_time FROM commits WHERE first_sequence >= ? ORDER BY first_sequence LIMIT 1',
    )
    .get(liveStartAfter(archived.at(-1) ?? null).sequence);
  return first === undefined ? null : time(first, 'first_time');
}

function settingsOf(db: Database): Record<string, string | number> {
  return Object.fromEntries(SETTINGS.map((name) => [name, db.pragma(name, { simple: true }) as string | number]));
}

export function summarizePartitions(db: Database, partitions: readonly Partition[]): PartitionSummary[] {
  const statements = new Statements(db);
  const start = readLiveStart(statements);
  return partitions.map((partition) => {
    const first = statements
      .get<[], RawRow>(`SELECT first_time FROM ${partitionTable(partition.id)} ORDER BY sequence LIMIT 1`)
      .get();
    const archived = start.endOf(partition.id);
    const { nextOffset, lastTime } = readPartitionEnd(statements, partition.id, () => start);
    return {
      ...partition,
      events: nextOffset,
      ...frameBytes(db, partition.id, nextOffset - archived.nextOffset, FRAME_LIMITS, partitions.length),
      nextOffset,
      firstTime: archived.firstTime ?? (first === undefined ? null : time(first, 'first_time')),
      lastTime,
    };
  });
}

export function producerPositions(db: Database): { name: string; position: number }[] {
  return readProducers(db).map(({ name, position }) => ({ name, position }));
}
