/** Types of consumer groups: positions, leases and parked events. No I/O. */

import type { PartitionId } from './routing/partition.ts';
import type { Micros } from './time/time.ts';

/** The next event of a group in one partition. */
export interface LanePosition {
  /** Offset of that event, whether it exists already or not. */
  readonly nextOffset: number;
  /** No earlier event of the partition has this sequence or a later one: reading starts here. */
  readonly nextSequence: number;
}

/**
 * A member's exclusive right to a partition. It ends when the member expires, or when it is given to another member.
 */
export interface Lease extends LanePosition {
  readonly partition: PartitionId;
  /** Fencing token: grows with every lease of the group, so that an older one is recognized. */
  readonly token: number;
  /** Failed deliveries of the next event so far, by any member. */
  readonly attempts: number;
}

/** A member's request to join its group or to renew its leases. */
export interface Heartbeat {
  readonly group: string;
  readonly member: string;
  /** The token that the member got when it joined; null joins. */
  readonly token: number | null;
  /** The partitions it accepts; null: all. */
  readonly partitions: readonly PartitionId[] | null;
  /** How long its leases are valid without another heartbeat. */
  readonly ttl: Micros;
  readonly now: Micros;
  /** Held partitions without a delivery in progress: surplus ones among them are released at once. */
  readonly idle: readonly PartitionId[];
  /** It asks whether leases are to be moved. If none is, nothing is written, and its own end when they would have ended. */
  readonly isLook?: boolean;
}

export interface Membership {
  readonly token: number;
  /** Changes whenever members or leases of the group change. */
  readonly generation: number;
  readonly expiresAt: Micros;
  readonly leases: readonly Lease[];
  /** Held partitions that another member waits for: to be released when no delivery of them is in progress. */
  readonly surplus: readonly PartitionId[];
  /** Partitions with parked events that wait for redelivery. */
  readonly due: readonly PartitionId[];
}

/** Identifies a lease in a write by its holder. */
export interface HeldLease {
  readonly group: string;
  readonly partition: PartitionId;
  readonly token: number;
}

/** Events that a member has delivered and acknowledges. */
export interface Acknowledgement extends HeldLease, LanePosition {}

/** Position of one event. */
export interface EventPosition {
  readonly partition: PartitionId;
  readonly offset: number;
  readonly sequence: number;
}

/** Why a delivery has failed, and an event is parked. */
export interface ParkReason {
  /** One line, at most `REASON_BYTES_MAX` bytes. */
  readonly reason: string;
  /** The last lines of the consumer's output, or empty. */
  readonly details: string;
}

/** A failed delivery of the next event of a lane. */
export interface FailedAttempt {
  /** Of the event; null if a member has died and may never have got it. */
  readonly sequence: number | null;
  readonly failedAt: Micros;
  /** The member that failed. */
  readonly member: string;
  /** One line, at most `REASON_BYTES_MAX` bytes; control characters are in it as they came. */
  readonly reason: string;
}

/** The last failed delivery of the event at a cursor. */
export interface LastFailure extends FailedAttempt {
  /** Failed deliveries of the event up to this one; 0: a consumer that could not be run, which counts against no event. */
  readonly attempts: number;
}

/** Outcome of the redelivery of a parked event. `lost`: the lease was lost by then. */
export type RedeliveryOutcome = 'forgotten' | 'parked' | 'lost';

export interface ParkedEvent extends EventPosition, ParkReason {
  readonly attempts: number;
  readonly parkedAt: Micros;
  /** Whether it waits for redelivery. */
  readonly redeliveryDue: boolean;
}

/** An event that its consumer cannot take, to be set aside. */
export interface EventToPark extends EventPosition, ParkReason {
  /** Failed deliveries of it. */
  readonly attempts: number;
  readonly now: Micros;
}

/** Parked events by sequence: after `after`, through `through`, in order, at most `limit`. */
export interface ParkedSpan {
  readonly after: number;
  readonly through: number;
  readonly limit: number;
}

/** Parked events by their sequences, or a span of them. */
export type ParkedSelection = readonly number[] | ParkedSpan;

/** `redeliver`: deliver once more. `undoRedelivery`: the same, and the delivery that was counted last did not end. */
export type ParkedChange = 'drop' | 'redeliver' | 'undoRedelivery';

/** A move of a group's cursors, done or planned. */
export interface GroupPlan {
  /** By partition. */
  readonly steps: readonly {
    readonly partition: PartitionId;
    readonly from: LanePosition;
    readonly to: LanePosition;
  }[];
  /** Members whose leases have not expired, by name. */
  readonly liveMembers: readonly string[];
}

export interface CursorMove {
  readonly group: string;
  /** Every cursor goes to the first event of its partition with this sequence or a later one. */
  readonly sequence: number;
  readonly now: Micros;
  /** Null: all partitions. */
  readonly partitions: readonly PartitionId[] | null;
  /** Move it only past this event: then it is the only partition, and the cursor has to be at the event. */
  readonly past?: EventPosition | undefined;
  /** Move the cursors although live members hold leases on them; those leases end. */
  readonly force: boolean;
}

/** A member of a group, as reported. */
export interface GroupMember {
  readonly name: string;
  /** When its leases expire unless it renews them. */
  readonly expiresAt: Micros;
  readonly isAlive: boolean;
}

export interface LaneSummary extends LanePosition {
  readonly partition: PartitionId;
  /** Events that are not acknowledged. */
  readonly lag: number;
  /** Ledger time of the first of them; null if there is none. */
  readonly oldestTime: Micros | null;
  /** Failed deliveries of it. */
  readonly attempts: number;
  /** The last of them; null if there was none. */
  readonly failure: LastFailure | null;
  /** Holder of the lease; null if there is none. */
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
  /** Sum over all partitions; each is read at its own time. */
  readonly lag: number;
  readonly oldestTime: Micros | null;
  /** Number of parked events. */
  readonly parked: number;
}
