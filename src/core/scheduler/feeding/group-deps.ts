/** What a member of a group needs around it, and how it is set. */

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

/** What a member needs of a ledger's groups. */
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
  /** Resolves when it is durable; to false where the lease has gone. */
  acknowledge(acknowledgement: Acknowledgement): Promise<boolean>;
  readonly clock: Clock;
  /** In [0, 1). */
  chance(): number;
  /** A lane's next events, up to so many, and of bytes. */
  read(partition: PartitionId, fromSequence: number, events: number, bytes: number): Promise<EventBatch[]>;
  /** Its lane was given up: what was read ahead of it can go. */
  forget(partition: PartitionId): void;
  readonly deliver: Deliver;
  /** Says why a delivery has failed. */
  reasonOf(error: unknown): ParkReason;
  wake(): void;
  /** Other members of this process should look at the group again. */
  notifyChange(): void;
}

export interface GroupConsumerOptions {
  readonly group: string;
  readonly member: string;
  /** Null: all there are. */
  readonly partitions: readonly PartitionId[] | null;
  /** Most events in hand, over all partitions. */
  readonly capacity: number;
  /** Most events of one delivery, and most bytes. */
  readonly batch: number;
  readonly batchBytes: number;
  /** Most deliveries in hand. */
  readonly concurrency: number;
  /** Failures before an event is parked; infinite: never. */
  readonly maxDeliver: number;
  readonly ackTimeoutMs: number | null;
  readonly lease: Micros;
  readonly backoff: Backoff;
  readonly hooks: ConsumerHooks;
  /** When it has enough; by itself it goes on for ever. */
  readonly until: {
    /** Events that were dealt with: acknowledged or parked. */
    readonly count?: number | undefined;
    /** By partition, the offset behind the last event it wants: done when the whole group has come there. */
    readonly ends?: ReadonlyMap<PartitionId, number> | undefined;
    /** Without a delivery for so long. */
    readonly idleMs?: number | undefined;
  };
}

export interface LaneFailure extends EventPosition, ParkReason {
  readonly events: number;
  readonly attempts: number;
}

export interface ConsumerHooks {
  /** A delivery has failed and will come again, at this time at the earliest. */
  onRetry?(failure: LaneFailure & { readonly dueAt: Micros }): void;
  onParked?(failure: LaneFailure): void;
  /** It was delivered, but by then the lease had gone to another, who delivers it again, or the group was stepped elsewhere. */
  onFenced?(delivery: EventPosition & { readonly events: number }): void;
  /** The members or leases have changed. */
  onLeases?(leases: { readonly gained: readonly PartitionId[]; readonly lost: readonly PartitionId[] }): void;
}
