/** Reads the figures that change, for periodic sampling: the last row of each table and the rows since the last sample, never all rows. */

import type { Database } from 'better-sqlite3';
import type { LedgerGauges, LedgerGrowth, LedgerIdentity, PartitionGauge } from '../../ledger.ts';
import { headOf } from '../../protocol/ledger-state.ts';
import { integer, type RawRow } from '../connection/rows.ts';
import { partitionTable } from '../connection/schema.ts';
import type { Statements } from '../connection/statements.ts';
import { partitionEnds } from '../write/partition-end.ts';
import type { WriteState } from '../write/write-state.ts';
import { firstTimeOf, producerPositions } from './describe.ts';
import { PLAIN_BYTES } from './read.ts';

/** Rows since the last sample that are counted one by one: about 20 ms. */
const ROWS_MAX = 50_000;

/** Must run in a read transaction. `behind`: the head at the last sample; null at the first one. */
export function readGauges(
  db: Database,
  statements: Statements,
  identity: LedgerIdentity,
  state: WriteState,
  behind: number | null,
): Omit<LedgerGauges, 'storage'> {
  const last = statements
    .get<[], RawRow>('SELECT committed_at FROM commits ORDER BY first_sequence DESC LIMIT 1')
    .get();
  return {
    head: headOf(state),
    firstTime: firstTimeOf(db),
    committedAt: last === undefined ? null : integer(last, 'committed_at'),
    partitions: readPartitionGauges(statements, identity),
    growth: behind === null ? null : readGrowth(statements, identity, behind),
    producers: producerPositions(db),
  };
}

function readPartitionGauges(statements: Statements, { partitions }: LedgerIdentity): PartitionGauge[] {
  const endOf = partitionEnds(statements);
  return partitions.map(({ id, name }) => {
    const { nextOffset, lastTime } = endOf(id);
    return { id, name, events: nextOffset, lastTime };
  });
}

/** Null if there are too many rows to read each. */
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
        `SELECT count(*) AS frames, ifnull(sum(bytes), 0) AS bytes FROM (SELECT ${PLAIN_BYTES} AS bytes FROM ${partitionTable(id)} WHERE sequence > ? LIMIT ?)`,
      )
      .get(behind, rest + 1) as RawRow;
    rest -= integer(row, 'frames');
    if (rest < 0) return null;
    bytes += integer(row, 'bytes');
  }
  return { commits, bytes };
}
