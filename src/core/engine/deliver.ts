/** Joins scheduler and output: what a consumer is fed reaches its handler, told with the names of partitions. */

import { Delivery } from '../output/delivery.ts';
import type { EventLabels } from '../output/event-form.ts';
import type { Deliver } from '../scheduler/feeding/deliver-with-timeout.ts';
import type { Handler } from './subscription.ts';

/** `group`: null for a subscription without one. */
export function deliverTo(handler: Handler, labels: EventLabels, group: string | null): Deliver {
  return async (handful) => {
    const partition = handful.partition === null ? null : labels.partitionName(handful.partition);
    await handler(new Delivery({ ...handful, group, partition }, labels));
  };
}
