/** Summarizes all groups for people and scripts. */

import type { GroupSummary } from '../../../model/group.ts';
import type { Micros } from '../../../model/time/time.ts';
import { summarizeGroup } from '../../protocol/group-summary.ts';
import { integer, name, type RawRow } from '../connection/rows.ts';
import type { LedgerHistory } from '../read/ledger-history.ts';
import type { FrameReader } from '../read/read.ts';
import { type GroupTables, hasGroups } from './group-rows.ts';
import { readGroup } from './heartbeat.ts';
import { endOf, timeOfNext } from './lanes.ts';

/** By name. */
export function summarizeGroups(
  tables: GroupTables,
  reader: FrameReader,
  history: LedgerHistory,
  now: Micros,
): GroupSummary[] {
  if (!hasGroups(tables)) return [];
  const { statements } = tables;
  const countParked = statements.get<[string], number>('SELECT count(*) FROM parked WHERE group_name = ?').pluck();
  const rows = statements.get<[], RawRow>('SELECT name, created_at FROM groups ORDER BY name').all();
  return rows.map((row) => {
    const group = name(row, 'name');
    const facts = {
      name: group,
      createdAt: integer(row, 'created_at'),
      state: readGroup(tables, reader, group),
      parked: countParked.get(group) as number,
      endOf: (partition: number) => endOf(reader, partition),
      timeOfNext: (cursor: Parameters<typeof timeOfNext>[2] & { partition: number }) =>
        timeOfNext(history, cursor.partition, cursor),
    };
    return summarizeGroup(facts, now);
  });
}
