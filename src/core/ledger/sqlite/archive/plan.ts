/** Plans an archive: the commits that would go, and the groups that have not read them. Only reads. */

import type { Database } from 'better-sqlite3';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { ArchivePlan, GroupBehind } from '../../archives.ts';
import { clientName, integer, natural, positive, type RawRow, time } from '../connection/rows.ts';
import { hasTable, partitionTable } from '../connection/schema.ts';
import { type FrameReader, PLAIN_BYTES } from '../read/read.ts';
import type { ArchivedEnd, LiveStart } from './live-start.ts';

const NOTHING = { range: null, events: 0, commits: 0, bytes: 0, firstTime: null, lastTime: null, groupsBehind: [] };

export type PlannedRun = Omit<ArchivePlan, 'segment'>;

/**
 * `cut`: the first sequence that is to stay, or a later one. Must run in a read transaction. @throws LedgerError VERIFICATION_FAILED
 */
export function planRun(db: Database, reader: FrameReader, cut: number, drop: boolean): PlannedRun {
  const start = reader.start();
  const leftover = leftoverCommits(db, start);
  const last = reader.lastCommitThrough(Number.MAX_SAFE_INTEGER);
  const wanted = Math.min(cut, last.next);
  const nothing = { ...NOTHING, movedFrom: null, wholeThrough: null, keepsLast: false, leftover };
  if (wanted <= start.sequence) return nothing;
  const cutCommit = wanted < last.next ? reader.commitContaining(wanted) : null;
  const border = cutCommit?.first ?? last.next;
  const end = Math.min(border, last.first);
  const keepsLast = border > last.first;
  const movedFrom = border < wanted ? wanted : null;
  const wholeThrough =
    movedFrom === null || cutCommit === null || cutCommit.first === last.first ? null : cutCommit.next - 1;
  if (end <= start.sequence) return { ...nothing, movedFrom, wholeThrough, keepsLast };
  const range = { from: start.sequence, through: end - 1 };
  const times = db
    .prepare<[number, number], RawRow>(
      'SELECT min(first_time) AS first, max(last_time) AS last FROM commits WHERE first_sequence BETWEEN ? AND ?',
    )
    .get(range.from, range.through) as RawRow;
  return {
    range,
    events: end - start.sequence,
    commits: countCommits(db, range.from, range.through),
    bytes: reader.partitionIds().reduce((sum, id) => sum + bodyBytesOf(db, id, range), 0),
    firstTime: time(times, 'first'),
    lastTime: time(times, 'last'),
    movedFrom,
    wholeThrough,
    keepsLast,
    groupsBehind: groupsBehind(db, reader, start, end, drop),
    leftover,
  };
}

/** End of each partition before a sequence, by id. */
export function endsBefore(db: Database, reader: FrameReader, start: LiveStart, sequence: number): ArchivedEnd[] {
  return reader.partitionIds().map((id) => {
    const before = start.endOf(id);
    const rowOf = (order: 'ASC' | 'DESC'): RawRow | undefined =>
      db
        .prepare<[number, number], RawRow>(
          `SELECT offset, count, first_time, last_time FROM ${partitionTable(id)} WHERE sequence >= ? AND sequence < ? ORDER BY sequence ${order} LIMIT 1`,
        )
        .get(start.sequence, sequence);
    const [first, last] = [rowOf('ASC'), rowOf('DESC')];
    if (first === undefined || last === undefined) return before;
    return {
      nextOffset: natural(last, 'offset') + positive(last, 'count'),
      firstTime: before.firstTime ?? time(first, 'first_time'),
      lastTime: time(last, 'last_time'),
    };
  });
}

/** Commits of archived runs that are not deleted yet. */
export function leftoverCommits(db: Database, start: LiveStart): number {
  return countCommits(db, 1, start.sequence - 1);
}

function countCommits(db: Database, from: number, through: number): number {
  return db
    .prepare<[number, number], number>('SELECT count(*) FROM commits WHERE first_sequence BETWEEN ? AND ?')
    .pluck()
    .get(from, through) as number;
}

function bodyBytesOf(db: Database, id: PartitionId, { from, through }: { from: number; through: number }): number {
  // In a subquery, so that only the lengths are read: SQLite takes them from the rows' headers.
  const sql = `SELECT ifnull(sum(bytes), 0) AS bytes FROM (SELECT ${PLAIN_BYTES} AS bytes FROM ${partitionTable(id)} WHERE sequence BETWEEN ? AND ?)`;
  return integer(db.prepare<[number, number], RawRow>(sql).get(from, through) as RawRow, 'bytes');
}

/** Groups with events before `end` that they have not acknowledged, and, if these are dropped, those with parked ones. By name. */
function groupsBehind(db: Database, reader: FrameReader, start: LiveStart, end: number, drop: boolean): GroupBehind[] {
  if (!hasTable(db, 'groups')) return [];
  const ends = endsBefore(db, reader, start, end);
  const cursors = db
    .prepare<[], RawRow>('SELECT group_name, partition, next_offset FROM cursors')
    .all()
    .map((row) => ({
      group: clientName(row, 'group_name'),
      partition: natural(row, 'partition'),
      offset: natural(row, 'next_offset'),
    }));
  const parked = drop
    ? db.prepare<[number], RawRow>('SELECT group_name, partition FROM parked WHERE sequence < ?').all(end)
    : [];
  const groups = db.prepare<[], RawRow>('SELECT name FROM groups ORDER BY name').all();
  return groups.flatMap((row): GroupBehind[] => {
    const group = clientName(row, 'name');
    const lanes = ends.map(({ nextOffset }, partition) => {
      const cursor = cursors.find((each) => each.group === group && each.partition === partition);
      const own = parked.filter((each) => each['group_name'] === group && each['partition'] === partition);
      return { partition, events: Math.max(0, nextOffset - (cursor?.offset ?? 0)) + own.length };
    });
    const behind = lanes.filter(({ events }) => events > 0);
    if (behind.length === 0) return [];
    const events = behind.reduce((sum, lane) => sum + lane.events, 0);
    return [{ group, partitions: behind.map(({ partition }) => partition), events }];
  });
}
