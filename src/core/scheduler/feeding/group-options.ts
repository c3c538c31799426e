/** Options and hooks of a group member. */

import type { EventPosition, ParkReason } from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import type { Backoff } from './backoff.ts';

export interface GroupConsumerOptions {
  readonly group: string;
  readonly member: string;
  /** Null: all partitions. */
  readonly partitions: readonly PartitionId[] | null;
  /** Most events delivered and not acknowledged, over all partitions. */
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
    readonly limit?: number | undefined;
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
