/** Dependencies and options of a group member. */

import type { EventBatch } from '../../model/events/event.ts';
import type {
  Acknowledgement,
  EventPosition,
  Heartbeat,
  HeldLease,
  LanePosition,
  Membership,
  ParkedEvent,
  ParkReason,
  RedeliveryOutcome,
} from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { Micros } from '../../model/time/time.ts';
import type { Backoff } from './backoff.ts';
import type { Deliver } from './deliver-with-timeout.ts';

/** The operations of a ledger's groups that a member uses. */
interface GroupStore {
  heartbeat(beat: Heartbeat): Promise<Membership>;
  leave(group: string, member: string, token: number): Promise<void>;
  generation(group: string): Promise<number | null>;
  countFailure(heldLease: HeldLease): Promise<number | null>;
  undoFailure(heldLease: HeldLease): Promise<void>;
  park(
    heldLease: HeldLease,
    event: EventPosition & ParkReason & { readonly attempts: number; readonly now: Micros },
  ): Promise<boolean>;
  beginRedelivery(heldLease: HeldLease): Promise<ParkedEvent | 'none' | 'lost'>;
  undoRedelivery(group: string, sequence: number): Promise<void>;
  settle(heldLease: HeldLease, sequence: number, failure: ParkReason | null): Promise<RedeliveryOutcome>;
  positions(group: string): Promise<(LanePosition & { readonly partition: PartitionId })[]>;
  ends(partitions: readonly PartitionId[]): Promise<number[]>;
}

export interface GroupConsumerParts {
  readonly groups: GroupStore;
  /** Resolves to true when it is durable, to false if the lease was lost. */
  acknowledge(acknowledgement: Acknowledgement): Promise<boolean>;
  readonly clock: Clock;
  /** Random number in [0, 1). */
  chance(): number;
  /** The next events of a lane, at most `events` and `bytes`. */
  read(partition: PartitionId, fromSequence: number, events: number, bytes: number): Promise<EventBatch[]>;
  /** A lane was given up: drops what was read ahead of it. */
  forget(partition: PartitionId): void;
  readonly deliver: Deliver;
  /** Why a delivery has failed. */
  reasonOf(error: unknown): ParkReason;
  wake(): void;
  /** Notifies the other members in this process that the group may have changed. */
  notifyChange(): void;
}

export interface GroupConsumerOptions {
  readonly group: string;
  readonly member: string;
  /** Null: all partitions. */
  readonly partitions: readonly PartitionId[] | null;
  /** Most events in hand, over all partitions. */
  readonly capacity: number;
  /** Most events and most bytes of one delivery. */
  readonly batch: number;
  readonly batchBytes: number;
  /** Most deliveries in progress. */
  readonly concurrency: number;
  /** Failures before an event is parked; infinite: never. */
  readonly maxDeliver: number;
  readonly ackTimeoutMs: number | null;
  readonly lease: Micros;
  readonly backoff: Backoff;
  readonly hooks: ConsumerHooks;
  /** End conditions; without one the member runs until it is closed. */
  readonly until: {
    /** Events acknowledged or parked. */
    readonly count?: number | undefined;
    /** End offset by partition, exclusive: done when the whole group has reached them. */
    readonly ends?: ReadonlyMap<PartitionId, number> | undefined;
    /** Milliseconds without a delivery. */
    readonly idleMs?: number | undefined;
  };
}

export interface LaneFailure extends EventPosition, ParkReason {
  readonly events: number;
  readonly attempts: number;
}

export interface ConsumerHooks {
  /** A delivery failed and is retried at `dueAt` at the earliest. */
  onRetry?(failure: LaneFailure & { readonly dueAt: Micros }): void;
  onParked?(failure: LaneFailure): void;
  /**
   * Delivered, but not acknowledged: the lease was lost to another member, which delivers again, or the offsets were
   * reset.
   */
  onFenced?(delivery: EventPosition & { readonly events: number }): void;
  /** The leases have changed. */
  onLeases?(leases: { readonly gained: readonly PartitionId[]; readonly lost: readonly PartitionId[] }): void;
}
