/** Joins scheduler and output: passes deliveries to their handler, with partition names instead of ids. */

import type { EventLabels } from '../model/events/event-labels.ts';
import { Delivery } from '../output/delivery.ts';
import type { Deliver } from '../scheduler/feeding/deliver-with-timeout.ts';
import type { Handler } from './subscription.ts';

/** `group`: null for a subscription without one. */
export function deliverTo(handler: Handler, labels: EventLabels, group: string | null): Deliver {
  return async (deliveryBatch) => {
    const partition = deliveryBatch.partition === null ? null : labels.partitionName(deliveryBatch.partition);
    await handler(new Delivery({ ...deliveryBatch, group, partition }, labels));
  };
}
