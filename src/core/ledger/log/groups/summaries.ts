/** Summarizes all groups for people and scripts. */

import type { GroupSummary } from '../../../model/group.ts';
import type { Micros } from '../../../model/time/time.ts';
import { type Cursor, cursorsOfAll, type GroupState } from '../../protocol/group-state.ts';
import { summarizeGroup } from '../../protocol/group-summary.ts';
import type { LedgerFacts, PartitionEnds } from '../ledger-facts.ts';
import type { CursorRecords } from './cursor-records.ts';
import type { GroupRecords } from './group-records.ts';
import { stateOf } from './group-value.ts';
import { inParallel } from './in-parallel.ts';
import type { ParkedRecords } from './parked-records.ts';

/** By name. Members are shown as alive by the time of the newest record, or by the caller's clock where that is later: a guess, by which nothing is decided. */
export async function summarizeGroups(
  groupRecords: GroupRecords,
  cursorRecords: CursorRecords,
  parkedRecords: ParkedRecords,
  ledger: LedgerFacts,
  now: Micros,
): Promise<GroupSummary[]> {
  const groups = await groupRecords.all();
  const partitions = await ledger.partitions();
  const lateness = groups.reduce((most, { writtenAt }) => Math.max(most, writtenAt - now), 0);
  const summaries: GroupSummary[] = [];
  for (const { name, value } of groups) {
    const cursors = await cursorRecords.ofGroup(name);
    const stored = stateOf(value, cursors, partitions.ids.length);
    const members = stored.members.map((member) => ({ ...member, expiresAt: member.expiresAt - lateness }));
    const parked = (await parkedRecords.all(name, cursors)).length;
    const timeOfNext = await timesOfNext(ledger, stored, partitions);
    const { ids, endOf } = partitions;
    const facts = { name, state: { ...stored, members }, parked, partitions: ids, endOf, timeOfNext };
    summaries.push(summarizeGroup(facts, now));
  }
  return summaries;
}

async function timesOfNext(
  ledger: LedgerFacts,
  state: GroupState,
  { ids, endOf }: PartitionEnds,
): Promise<(cursor: Cursor) => Micros | null> {
  const behind = cursorsOfAll(state.cursors, ids).filter(({ partition, nextOffset }) => endOf(partition) > nextOffset);
  const times = await inParallel(behind, (cursor) => ledger.timeOfNext(cursor));
  const byPartition = new Map(behind.map(({ partition }, at) => [partition, times[at] ?? null]));
  return ({ partition }) => byPartition.get(partition) ?? null;
}
