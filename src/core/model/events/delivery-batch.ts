/** Events of one delivery, acknowledged together, with the facts of that delivery. */

import type { PartitionId } from '../routing/partition.ts';
import type { EventBatch } from './event.ts';

export interface DeliveryBatch {
  /** Partition of all events; null if they come in the order of the whole ledger. */
  readonly partition: PartitionId | null;
  /** In sequence order, none of them empty; valid until the consumer has answered. */
  readonly batches: readonly EventBatch[];
  /** Number of this attempt, from 1. */
  readonly attempt: number;
  /** The event was parked and is redelivered on request. */
  readonly isRedelivery: boolean;
  /** Delivered by a replay, not as a new event. */
  readonly isReplayed: boolean;
  /** Aborts at the ack timeout: what is done after that may be repeated by another consumer. */
  readonly signal: AbortSignal;
}
