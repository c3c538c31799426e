/** Summarizes a group from what storage holds of it. Pure. */

import type { GroupSummary, LaneSummary } from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import { type Cursor, cursorsOfAll, type GroupState } from './group-state.ts';

export interface SummaryFacts {
  readonly name: string;
  readonly state: GroupState;
  /** Number of parked events. */
  readonly parked: number;
  /** All partitions of the ledger, by id. */
  readonly partitions: readonly PartitionId[];
  /** The offset that the next event of the partition gets. */
  endOf(partition: PartitionId): number;
  /** Ledger time of the event at the cursor; asked only where there is one. */
  timeOfNext(cursor: Cursor): Micros | null;
}

export function summarizeGroup(
  { name, state, parked, partitions, endOf, timeOfNext }: SummaryFacts,
  now: Micros,
): GroupSummary {
  const leases = new Map(state.leases.map((lease) => [lease.partition, lease]));
  const lanes = cursorsOfAll(state.cursors, partitions).map((cursor): LaneSummary => {
    const lag = Math.max(0, endOf(cursor.partition) - cursor.nextOffset);
    const lease = leases.get(cursor.partition);
    const { partition, nextOffset, nextSequence, attempts, failure } = cursor;
    return {
      partition,
      nextOffset,
      nextSequence,
      lag,
      oldestTime: lag === 0 ? null : timeOfNext(cursor),
      attempts,
      failure,
      member: lease?.member ?? null,
      token: lease?.token ?? null,
    };
  });
  const times = lanes.map(({ oldestTime }) => oldestTime).filter((time) => time !== null);
  return {
    name,
    createdAt: state.createdAt,
    members: state.members.map(({ name: member, expiresAt }) => ({
      name: member,
      expiresAt,
      isAlive: expiresAt > now,
    })),
    lanes,
    lag: lanes.reduce((sum, lane) => sum + lane.lag, 0),
    oldestTime: times.length === 0 ? null : Math.min(...times),
    parked,
  };
}
