/**
 * The port for consumer groups: durable cursors, leases with fencing tokens, parked events. Each call is one transaction, and none of them changes the chain.
 * Times come from the caller. Every method may also reject with the codes that {@link Ledger} names for all of its methods.
 */

import type { StoredCommit } from '../model/events/commit.ts';
import type {
  Acknowledgement,
  EventPosition,
  GroupSummary,
  Heartbeat,
  HeldLease,
  LanePosition,
  Membership,
  ParkedEvent,
  ParkReason,
  RedeliveryOutcome,
} from '../model/group.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { Micros } from '../model/time/time.ts';

/** Events of one partition from a sequence on, within bounds: whole frames, at least one if any is left. */
export interface LaneRequest {
  readonly partition: PartitionId;
  readonly fromSequence: number;
  readonly events: number;
  readonly bytes: number;
}

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
  /** Move the cursors although live members hold leases on them; those leases end. */
  readonly force: boolean;
}

/** Parked events by sequence: after `after`, through `through`, in order, at most `limit`. */
export interface ParkedSpan {
  readonly after: number;
  readonly through: number;
  readonly limit: number;
}

/** Result of a call for the events of a span. */
export interface SpanStep {
  readonly count: number;
  /** Sequence of the last of them; null if there was none. */
  readonly last: number | null;
}

export interface Groups {
  /** Creates the group, with its cursors before `fromSequence`. Returns false if it exists, and leaves it unchanged then. */
  create(group: string, fromSequence: number, now: Micros): Promise<boolean>;
  /** Joins or renews the member, claims free partitions that are due to it, releases idle surplus ones. @throws LedgerError MEMBER_REPLACED, UNKNOWN_GROUP */
  heartbeat(beat: Heartbeat): Promise<Membership>;
  /** Removes the member and releases its leases. */
  leave(group: string, member: string, token: number): Promise<void>;
  /** See {@link Membership.generation}; null if there is no such group. */
  generation(group: string): Promise<number | null>;
  /** Advances cursors. False for each whose lease was lost: that cursor stays where it is. */
  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<boolean[]>;
  /** Counts a failed delivery of the next event, or one that may crash the consumer. Returns the failures so far; null if the lease is lost. */
  countFailure(heldLease: HeldLease): Promise<number | null>;
  /** Takes back a failure that was counted before a delivery that then succeeded or never ended. */
  undoFailure(heldLease: HeldLease): Promise<void>;
  /** Parks the next event and moves the cursor past it, in one transaction. False if the lease is lost. */
  park(
    heldLease: HeldLease,
    event: EventPosition & ParkReason & { readonly attempts: number; readonly now: Micros },
  ): Promise<boolean>;
  /** By sequence. @throws LedgerError UNKNOWN_GROUP */
  parked(group: string, span: ParkedSpan): Promise<ParkedEvent[]>;
  /** Checks that all of these are parked. @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
  checkParked(group: string, sequences: readonly number[]): Promise<void>;
  /** Requests one more delivery of parked events, of all these or none. Returns their number. @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
  redeliver(group: string, sequences: readonly number[]): Promise<number>;
  /** Requests one more delivery of the parked events of a span. @throws LedgerError UNKNOWN_GROUP */
  redeliverSpan(group: string, span: ParkedSpan): Promise<SpanStep>;
  /** Deletes parked events, all of these or none. Returns their number. @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
  drop(group: string, sequences: readonly number[]): Promise<number>;
  /** Deletes the parked events of a span. @throws LedgerError UNKNOWN_GROUP */
  dropSpan(group: string, span: ParkedSpan): Promise<SpanStep>;
  /**
   * Takes the next parked event of the partition that is due. The delivery is counted and the request cleared before it begins, because a consumer that
   * crashes on the event cannot report it. `lost`: the lease is lost.
   */
  beginRedelivery(heldLease: HeldLease): Promise<ParkedEvent | 'none' | 'lost'>;
  /** Takes back a redelivery that did not end: the event is due again. */
  undoRedelivery(group: string, sequence: number): Promise<void>;
  /** Ends the redelivery of a parked event: without a failure it is deleted, otherwise it stays parked for this reason. */
  settle(heldLease: HeldLease, sequence: number, failure: ParkReason | null): Promise<RedeliveryOutcome>;
  /** Positions of the group's cursors, by partition. @throws LedgerError UNKNOWN_GROUP */
  positions(group: string): Promise<(LanePosition & { readonly partition: PartitionId })[]>;
  /** Plans {@link move} without doing it. @throws LedgerError UNKNOWN_GROUP */
  planMove(move: CursorMove): Promise<GroupPlan>;
  /** Moves the cursors and ends the leases on them. @throws LedgerError UNKNOWN_GROUP, GROUP_IN_USE */
  move(move: CursorMove): Promise<GroupPlan>;
  /** All groups by name. */
  summaries(now: Micros): Promise<GroupSummary[]>;
  /** The offset the next event of each partition gets. */
  ends(partitions: readonly PartitionId[]): Promise<number[]>;
  /** All partitions of the ledger. */
  partitionIds(): Promise<PartitionId[]>;
  read(request: LaneRequest): Promise<StoredCommit[]>;
}
