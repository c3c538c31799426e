/** What a consumer is given in one go, to be stood behind together, and what is known of it. */

import type { PartitionId } from '../routing/partition.ts';
import type { EventBatch } from './event.ts';

export interface DeliveryBatch {
  /** The partition all events are of; null where they come in the order of the whole ledger. */
  readonly partition: PartitionId | null;
  /** In sequence order, none of them empty; valid until the consumer has answered. */
  readonly batches: readonly EventBatch[];
  /** How often it was tried, this time included. */
  readonly attempt: number;
  /** It was parked, and is delivered again on request. */
  readonly isRedelivery: boolean;
  /** Told again by a replay, rather than as it came. */
  readonly isReplayed: boolean;
  /** Aborts when the time for an answer is over: what is done after that is done again by another. */
  readonly signal: AbortSignal;
}
