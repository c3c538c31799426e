/** Summarizes all groups for people and scripts. */

import type { GroupSummary } from '../../../model/group.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { Cursor } from '../../protocol/group-state.ts';
import { summarizeGroup } from '../../protocol/group-summary.ts';
import { clientName, type RawRow } from '../connection/rows.ts';
import { laneEnds, timeOfNext } from '../read/lanes.ts';
import type { LedgerHistory } from '../read/ledger-history.ts';
import type { FrameReader } from '../read/read.ts';
import { readGroup } from './group-change.ts';
import { type GroupTables, hasGroups } from './group-rows.ts';

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
  const partitions = reader.partitionIds();
  const endOf = laneEnds(reader);
  const rows = statements.get<[], RawRow>('SELECT name FROM groups ORDER BY name').all();
  return rows.flatMap((row) => {
    const group = clientName(row, 'name');
    const state = readGroup(tables, group);
    if (state === null) return [];
    const facts = {
      name: group,
      state,
      partitions,
      parked: countParked.get(group) as number,
      endOf,
      timeOfNext: (cursor: Cursor) => timeOfNext(history, cursor.partition, cursor),
    };
    return [summarizeGroup(facts, now)];
  });
}
