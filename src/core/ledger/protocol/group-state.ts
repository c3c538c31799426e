/** What a storage holds of a group, and what a call may change about it. No I/O. */

import type { LanePosition, LastFailure } from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';

export interface Member {
  readonly name: string;
  /** Fencing token: the generation in which it joined. */
  readonly token: number;
  /** The only partitions it wants; null: all there are. */
  readonly partitions: readonly PartitionId[] | null;
  readonly ttl: Micros;
  /** By the clock of {@link GroupFacts.timeOf}. */
  readonly expiresAt: Micros;
}

export interface GroupLease {
  readonly partition: PartitionId;
  readonly member: string;
  readonly token: number;
}

export interface Cursor extends LanePosition {
  readonly partition: PartitionId;
  /** Failed deliveries of the next event. */
  readonly attempts: number;
  /** The last of them; null if there was none. */
  readonly failure: LastFailure | null;
}

/** A group as storage holds it, but for its parked events. */
export interface GroupState {
  readonly createdAt: Micros;
  readonly generation: number;
  /** By name. */
  readonly members: readonly Member[];
  /** By partition. */
  readonly leases: readonly GroupLease[];
  /** By partition. A partition that an epoch has added has none until the next heartbeat. */
  readonly cursors: readonly Cursor[];
}

/** What else a decision about a group may ask for, as of the moment of its state. */
export interface GroupFacts {
  /** All partitions of the ledger, by id. */
  readonly partitions: readonly PartitionId[];
  /** The offset that the next event of the partition gets. */
  endOf(partition: PartitionId): number;
  /** Whether a parked event of the partition waits for redelivery. */
  hasDue(partition: PartitionId): boolean;
  /** What time it is by the clock by which the group's members are kept. `now`: by the caller's clock, which a storage of one machine takes as it is. */
  timeOf(now: Micros): Micros;
}

/** A cursor that has just come to a position: nothing has failed there. */
export function cursorAt(partition: PartitionId, { nextOffset, nextSequence }: LanePosition): Cursor {
  return { partition, nextOffset, nextSequence, attempts: 0, failure: null };
}

/** Cursors of all partitions. One that an epoch has added and no member has seen yet is read from its start. */
export function cursorsOfAll(cursors: readonly Cursor[], partitions: readonly PartitionId[]): Cursor[] {
  const stored = new Map(cursors.map((cursor) => [cursor.partition, cursor]));
  return partitions.map(
    (partition) => stored.get(partition) ?? cursorAt(partition, { nextOffset: 0, nextSequence: 1 }),
  );
}
