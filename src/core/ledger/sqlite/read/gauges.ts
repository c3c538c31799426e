/** What moves in a ledger, for those who ask again and again: rows at the end of tables, and what lies behind the last look, never all of it. */

import type { Database } from 'better-sqlite3';
import type { Partition } from '../../../model/routing/partition.ts';
import type { LedgerGauges, LedgerGrowth, LedgerIdentity, PartitionGauge } from '../../ledger.ts';
import { headOf } from '../../protocol/ledger-state.ts';
import { fileBytes } from '../connection/file-guard.ts';
import { integer, type RawRow } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import type { Statements } from '../connection/statements.ts';
import { readPartitionEnd } from '../write/partition-end.ts';
import type { WriteState } from '../write/write-state.ts';
import { producerPositions } from './describe.ts';

/** Rows behind the last look that are counted one by one: about 20 ms. */
const ROWS_MAX = 50_000;

/** Inside a read transaction; `behind`: the head of the last look, or null where this is the first. */
export function readGauges(
  db: Database,
  statements: Statements,
  identity: LedgerIdentity,
  state: WriteState,
  behind: number | null,
): Omit<LedgerGauges, 'wal'> {
  const first = statements.get<[], RawRow>('SELECT first_time FROM commits ORDER BY first_sequence LIMIT 1').get();
  const last = statements
    .get<[], RawRow>('SELECT committed_at FROM commits ORDER BY first_sequence DESC LIMIT 1')
    .get();
  return {
    head: headOf(state),
    firstTime: first === undefined ? null : integer(first, 'first_time'),
    committedAt: last === undefined ? null : integer(last, 'committed_at'),
    partitions: identity.partitions.map((partition) => readGauge(statements, partition)),
    growth: behind === null ? null : readGrowth(statements, identity, behind),
    producers: producerPositions(db),
    fileBytes: fileBytes(identity.path),
  };
}

/** What the WAL holds. Outside of a transaction; nothing is written back by this, and nobody is waited for. */
export function readWal(db: Database, path: string): LedgerGauges['wal'] {
  // The answer is about the -wal as this connection saw it last: without a read it may be long out of date.
  db.pragma('data_version');
  const [row] = db.pragma('wal_checkpoint(NOOP)') as RawRow[];
  const pages = row === undefined ? 0 : integer(row, 'log') - integer(row, 'checkpointed');
  return {
    bytes: fileBytes(`${path}-wal`),
    waitingBytes: Math.max(0, pages) * (db.pragma('page_size', { simple: true }) as number),
  };
}

function readGauge(statements: Statements, { id, name }: Partition): PartitionGauge {
  const { nextOffset, lastTime } = readPartitionEnd(statements, id);
  return { id, name, events: nextOffset, lastTime };
}

/** Null where there is too much of it to look at each row. */
function readGrowth(statements: Statements, { partitions }: LedgerIdentity, behind: number): LedgerGrowth | null {
  const commits = statements
    .get<[number, number], number>('SELECT count(*) FROM (SELECT 1 FROM commits WHERE first_sequence > ? LIMIT ?)')
    .pluck()
    .get(behind, ROWS_MAX + 1) as number;
  if (commits > ROWS_MAX) return null;
  let rest = ROWS_MAX;
  let bytes = 0;
  for (const { id } of partitions) {
    const row = statements
      .get<[number, number], RawRow>(
        `SELECT count(*) AS frames, ifnull(sum(bytes), 0) AS bytes FROM (SELECT length(body) AS bytes FROM ${partitionTable(id)} WHERE sequence > ? LIMIT ?)`,
      )
      .get(behind, rest + 1) as RawRow;
    rest -= integer(row, 'frames');
    if (rest < 0) return null;
    bytes += integer(row, 'bytes');
  }
  return { commits, bytes };
}
