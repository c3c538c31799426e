/** Consumer groups: where a group stands, who of it may read which partition, and what it has set aside. No I/O. */

import type { PartitionId } from './routing/partition.ts';
import type { Micros } from './time/time.ts';

/** The next event a group gets of one partition. */
export interface LanePosition {
  /** Offset of that event, whether it exists already or not. */
  readonly nextOffset: number;
  /** No earlier event of the partition has this sequence or a later one: where reading begins. */
  readonly nextSequence: number;
}

/** A member's right to a partition. It ends with the member's own time, or when it is given to another. */
export interface Lease extends LanePosition {
  readonly partition: PartitionId;
  /** Fencing token: grows with every lease of the group, so an older one is known as such. */
  readonly token: number;
  /** Failed deliveries of the next event so far, by whichever member. */
  readonly attempts: number;
}

/** Sets a group's members up and keeps them going. */
export interface Heartbeat {
  readonly group: string;
  readonly member: string;
  /** What the member got when it joined; null joins. */
  readonly token: number | null;
  /** The only partitions it wants; null: all there are. */
  readonly partitions: readonly PartitionId[] | null;
  /** How long its leases hold without another attendance. */
  readonly ttl: Micros;
  readonly now: Micros;
  /** Held partitions of which nothing is in its hands: surplus among them is given up at once. */
  readonly idle: readonly PartitionId[];
}

export interface Membership {
  readonly token: number;
  /** Changes with the members and leases of the group. */
  readonly generation: number;
  readonly expiresAt: Micros;
  readonly leases: readonly Lease[];
  /** Held partitions that another member waits for: to be given up when nothing of them is in hand. */
  readonly surplus: readonly PartitionId[];
  /** Partitions of which parked events wait to be delivered again. */
  readonly due: readonly PartitionId[];
}

/** A write of a holder about its own lease. */
export interface HeldLease {
  readonly group: string;
  readonly partition: PartitionId;
  readonly token: number;
}

/** What a member has delivered and now stands behind. */
export interface Acknowledgement extends HeldLease, LanePosition {}

/** One event, by where it lies. */
export interface EventPosition {
  readonly partition: PartitionId;
  readonly offset: number;
  readonly sequence: number;
}

/** Why an event is set aside. */
export interface ParkReason {
  /** One line. */
  readonly reason: string;
  /** The last lines of what its consumer said, or empty. */
  readonly details: string;
}

/** How the delivery of a parked event has ended. `lost`: the lease was gone by then. */
export type RedeliveryOutcome = 'forgotten' | 'parked' | 'lost';

export interface ParkedEvent extends EventPosition, ParkReason {
  readonly attempts: number;
  readonly parkedAt: Micros;
  /** Whether it waits to be delivered once more. */
  readonly redeliveryDue: boolean;
}

/** A member of a group, as others see it. */
export interface GroupMember {
  readonly name: string;
  /** When its leases end unless it renews them. */
  readonly expiresAt: Micros;
  readonly isAlive: boolean;
}

export interface LaneSummary extends LanePosition {
  readonly partition: PartitionId;
  /** Events that are not acknowledged. */
  readonly lag: number;
  /** Ledger time of the first of them; null where there is none. */
  readonly oldestTime: Micros | null;
  /** Failed deliveries of it. */
  readonly attempts: number;
  /** Who holds the lease; null where nobody does. */
  readonly member: string | null;
  readonly token: number | null;
}

export interface GroupSummary {
  readonly name: string;
  readonly createdAt: Micros;
  /** By name. */
  readonly members: readonly GroupMember[];
  /** By partition. */
  readonly lanes: readonly LaneSummary[];
  /** Over all partitions, as of each. */
  readonly lag: number;
  readonly oldestTime: Micros | null;
  /** Events that are set aside. */
  readonly parked: number;
}
