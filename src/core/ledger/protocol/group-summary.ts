/** Summarizes a group and plans the move of its cursors, from what storage holds of it. Pure. */

import type { GroupSummary, LanePosition, LaneSummary } from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import type { CursorMove, GroupPlan } from '../groups.ts';
import type { Cursor, GroupState, Member } from './membership.ts';

export interface SummaryFacts {
  readonly name: string;
  readonly createdAt: Micros;
  readonly state: GroupState;
  /** Number of parked events. */
  readonly parked: number;
  /** The offset that the next event of the partition gets. */
  endOf(partition: PartitionId): number;
  /** Ledger time of the event at the cursor; asked only where there is one. */
  timeOfNext(cursor: Cursor): Micros | null;
}

export function summarizeGroup(
  { name, createdAt, state, parked, endOf, timeOfNext }: SummaryFacts,
  now: Micros,
): GroupSummary {
  const leases = new Map(state.leases.map((lease) => [lease.partition, lease]));
  const lanes = state.cursors.map((cursor): LaneSummary => {
    const lag = Math.max(0, endOf(cursor.partition) - cursor.nextOffset);
    const lease = leases.get(cursor.partition);
    const { partition, nextOffset, nextSequence, attempts } = cursor;
    return {
      partition,
      nextOffset,
      nextSequence,
      lag,
      oldestTime: lag === 0 ? null : timeOfNext(cursor),
      attempts,
      member: lease?.member ?? null,
      token: lease?.token ?? null,
    };
  });
  const times = lanes.map(({ oldestTime }) => oldestTime).filter((time) => time !== null);
  return {
    name,
    createdAt,
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

/** Where each chosen cursor stands and where it would go. `positionAt`: the first event of a partition with this sequence or a later one. */
export function planCursorMove(
  { partitions, sequence, now }: CursorMove,
  cursors: readonly Cursor[],
  members: readonly Member[],
  positionAt: (partition: PartitionId, sequence: number) => LanePosition,
): GroupPlan {
  const chosen = cursors.filter(({ partition }) => partitions === null || partitions.includes(partition));
  return {
    steps: chosen.map(({ partition, nextOffset, nextSequence }) => ({
      partition,
      from: { nextOffset, nextSequence },
      to: positionAt(partition, sequence),
    })),
    liveMembers: members.filter(({ expiresAt }) => expiresAt > now).map(({ name }) => name),
  };
}
