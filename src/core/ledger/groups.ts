/**
 * What the engine asks of a ledger for consumer groups: durable cursors, leases with fencing tokens, parked events. Each call is one transaction of
 * its own, and none of them touches the chain. Times come from the caller. Every method may reject with what {@link Ledger} names for all of its own.
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

/** Events of one partition from a sequence on, in bounds: whole frames, at least one where there is one. */
export interface LaneRequest {
  readonly partition: PartitionId;
  readonly fromSequence: number;
  readonly events: number;
  readonly bytes: number;
}

/** A group stepped to another place, or what that would mean. */
export interface GroupPlan {
  /** By partition. */
  readonly steps: readonly {
    readonly partition: PartitionId;
    readonly from: LanePosition;
    readonly to: LanePosition;
  }[];
  /** Members that are at work, by name. */
  readonly liveMembers: readonly string[];
}

export interface CursorMove {
  readonly group: string;
  /** Every cursor goes to the first event of its partition with this sequence or a later one. */
  readonly sequence: number;
  readonly now: Micros;
  /** Null: all partitions. */
  readonly partitions: readonly PartitionId[] | null;
  /** Take the leases away from members that are alive. */
  readonly force: boolean;
}

/** Parked events by their sequences: after one, through another, both in order, so many at most. */
export interface ParkedSpan {
  readonly after: number;
  readonly through: number;
  readonly limit: number;
}

/** What was done with the events of a span. */
export interface SpanStep {
  readonly count: number;
  /** The sequence of the last of them; null where there was none. */
  readonly last: number | null;
}

export interface Groups {
  /** Makes the group, with its cursors before `fromSequence`. Returns false where it exists: it is left as it is. */
  create(group: string, fromSequence: number, now: Micros): Promise<boolean>;
  /** Joins or renews, takes up what is free and due to this member, gives up idle surplus. @throws LedgerError MEMBER_REPLACED, UNKNOWN_GROUP */
  heartbeat(beat: Heartbeat): Promise<Membership>;
  /** Gives up all leases and is gone. */
  leave(group: string, member: string, token: number): Promise<void>;
  /** See {@link Membership.generation}; null where there is no such group. */
  generation(group: string): Promise<number | null>;
  /** Moves cursors on. False where the lease has gone to another since: that cursor stays. */
  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<boolean[]>;
  /** Counts a failed delivery of the next event, or one that may fail without a word. Returns how many there were; null where the lease is gone. */
  countFailure(heldLease: HeldLease): Promise<number | null>;
  /** What was counted was no failure. */
  undoFailure(heldLease: HeldLease): Promise<void>;
  /** Sets the next event aside and moves the cursor behind it, together. False where the lease is gone. */
  park(
    heldLease: HeldLease,
    event: EventPosition & ParkReason & { readonly attempts: number; readonly now: Micros },
  ): Promise<boolean>;
  /** By sequence. @throws LedgerError UNKNOWN_GROUP */
  parked(group: string, span: ParkedSpan): Promise<ParkedEvent[]>;
  /** That all of these are parked. @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
  checkParked(group: string, sequences: readonly number[]): Promise<void>;
  /** Has parked events delivered once more, all of these or none. Returns how many. @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
  redeliver(group: string, sequences: readonly number[]): Promise<number>;
  /** Has those of a span delivered once more. @throws LedgerError UNKNOWN_GROUP */
  redeliverSpan(group: string, span: ParkedSpan): Promise<SpanStep>;
  /** Forgets parked events, all of these or none. Returns how many. @throws LedgerError UNKNOWN_GROUP, NOT_PARKED */
  drop(group: string, sequences: readonly number[]): Promise<number>;
  /** Forgets those of a span. @throws LedgerError UNKNOWN_GROUP */
  dropSpan(group: string, span: ParkedSpan): Promise<SpanStep>;
  /**
   * The next due event of the partition, about to be delivered: counted now, and not due any more, because whoever dies of it cannot say so. `lost`: the lease
   * is gone.
   */
  beginRedelivery(heldLease: HeldLease): Promise<ParkedEvent | 'none' | 'lost'>;
  /** It came to no end, and is due again. */
  undoRedelivery(group: string, sequence: number): Promise<void>;
  /** A parked event's delivery has ended: it is forgotten (null), or stays parked for this reason. */
  settle(heldLease: HeldLease, sequence: number, failure: ParkReason | null): Promise<RedeliveryOutcome>;
  /** Where the group stands, in the order of the partitions. @throws LedgerError UNKNOWN_GROUP */
  positions(group: string): Promise<(LanePosition & { readonly partition: PartitionId })[]>;
  /** What {@link move} would do. @throws LedgerError UNKNOWN_GROUP */
  planMove(move: CursorMove): Promise<GroupPlan>;
  /** Returns what was done, and whose leases that has ended. @throws LedgerError UNKNOWN_GROUP, GROUP_IN_USE */
  move(move: CursorMove): Promise<GroupPlan>;
  /** All groups by name. */
  summaries(now: Micros): Promise<GroupSummary[]>;
  /** The offset the next event of each partition gets. */
  ends(partitions: readonly PartitionId[]): Promise<number[]>;
  /** All partitions there are by now. */
  partitionIds(): Promise<PartitionId[]>;
  read(request: LaneRequest): Promise<StoredCommit[]>;
}
