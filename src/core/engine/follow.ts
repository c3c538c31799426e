/** Joins scheduler, bus and ledger for a subscription without a group: new events in ledger order. */

import { PageBuffer } from '../bus/page-buffer.ts';
import type { SharedPages } from '../bus/shared-pages.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import { LiveConsumer } from '../scheduler/feeding/live-consumer.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import { deliverTo } from './deliver.ts';
import { CAPACITY, type Handler, type SubscribeOptions } from './subscription.ts';

/** `from`: the first sequence to deliver; `partitions`: null for all. */
export function follow(
  { bus, labels, wake, pages }: ConsumerParts & { readonly pages: SharedPages },
  place: { readonly from: number; readonly partitions: readonly PartitionId[] | null },
  options: SubscribeOptions,
  handler: Handler,
): LiveConsumer {
  const { from, partitions } = place;
  const capacity = Math.min(options.capacity ?? CAPACITY, options.batch ?? Number.POSITIVE_INFINITY);
  const buffer = new PageBuffer((fromSequence) => pages.read(fromSequence, bus.sequence, partitions));
  return new LiveConsumer(
    {
      read: (fromSequence, events) => buffer.take(fromSequence, events),
      deliver: deliverTo(handler, labels, null),
      head: () => bus.sequence,
      wake,
    },
    { from, capacity, ackTimeoutMs: options.ackTimeoutMs ?? null },
  );
}
