/** Where groups stand, for people and scripts. */

import type { GroupSummary, LaneSummary } from '../../../model/group.ts';
import type { Micros } from '../../../model/time/time.ts';
import { integer, name, type RawRow } from '../connection/rows.ts';
import type { FrameReader } from '../read/read.ts';
import { cursorsOfAll } from './cursors.ts';
import { type GroupTables, hasGroups } from './group-rows.ts';
import { endOf, timeOfNext } from './lanes.ts';
import { leasesOf } from './members.ts';

/** All groups by name. */
export function summarizeGroups(tables: GroupTables, reader: FrameReader, now: Micros): GroupSummary[] {
  if (!hasGroups(tables)) return [];
  const groups = tables.statements.get<[], RawRow>('SELECT name, created_at FROM groups ORDER BY name').all();
  return groups.map((row) =>
    summarize(tables, reader, { name: name(row, 'name'), createdAt: integer(row, 'created_at') }, now),
  );
}

function summarize(
  tables: GroupTables,
  reader: FrameReader,
  group: { name: string; createdAt: Micros },
  now: Micros,
): GroupSummary {
  const { statements } = tables;
  const leases = new Map(leasesOf(tables, group.name).map((lease) => [lease.partition, lease]));
  const lanes = cursorsOfAll(tables, reader, group.name).map(
    ({ partition, nextOffset, nextSequence, attempts }): LaneSummary => {
      const lag = Math.max(0, endOf(reader, partition) - nextOffset);
      const lease = leases.get(partition);
      return {
        partition,
        nextOffset,
        nextSequence,
        lag,
        oldestTime: lag === 0 ? null : timeOfNext(reader, partition, { nextOffset, nextSequence }),
        attempts,
        member: lease?.member ?? null,
        token: lease?.token ?? null,
      };
    },
  );
  const members = statements
    .get<[string], RawRow>('SELECT name, expires_at FROM members WHERE group_name = ? ORDER BY name')
    .all(group.name);
  const times = lanes.map(({ oldestTime }) => oldestTime).filter((time) => time !== null);
  return {
    ...group,
    members: members.map((row) => {
      const expiresAt = integer(row, 'expires_at');
      return { name: name(row, 'name'), expiresAt, isAlive: expiresAt > now };
    }),
    lanes,
    lag: lanes.reduce((sum, { lag }) => sum + lag, 0),
    oldestTime: times.length === 0 ? null : Math.min(...times),
    parked: statements
      .get<[string], number>('SELECT count(*) FROM parked WHERE group_name = ?')
      .pluck()
      .get(group.name) as number,
  };
}
