/** Joins scheduler and output: what a consumer is fed reaches its handler, told with the names of partitions. */

import { Delivery } from '../output/delivery.ts';
import type { EventLabels } from '../output/event-form.ts';
import type { Deliver } from '../scheduler/feeding/hand-over.ts';
import type { Handler } from './subscription.ts';

/** `group`: null for a subscription without one. */
export function deliverTo(handler: Handler, labels: EventLabels, group: string | null): Deliver {
  return async ({ partition, batches, attempt, isRedelivery, isReplayed, signal }) => {
    const name = partition === null ? null : labels.partitionName(partition);
    await handler(new Delivery(batches, labels, { group, partition: name, attempt, isRedelivery, isReplayed, signal }));
  };
}
