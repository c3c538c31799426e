/** The deliveries that a member has in progress: an interrupted one waits for them. */

import type { Delivery, Handler } from '../../index.ts';
import { count } from '../terminal/format-numbers.ts';
import { positionText } from './delivery-log.ts';

export class DeliveriesInProgress {
  readonly #deliveries = new Set<Delivery>();

  /** The handler, with its deliveries counted. */
  track(handler: Handler): Handler {
    return async (delivery) => {
      this.#deliveries.add(delivery);
      try {
        await handler(delivery);
      } finally {
        this.#deliveries.delete(delivery);
      }
    };
  }

  /** `p0/2 (sequence 3) and 4 more`; null if there is none. */
  text(): string | null {
    const [first] = this.#deliveries;
    if (first === undefined) return null;
    const { partition, firstOffset: offset, firstSequence: sequence, count: events } = first;
    const others = this.#deliveries.size - 1;
    const position = positionText({ partition: partition ?? '', offset, sequence, events });
    return others === 0 ? position : `${position} and ${count(others)} more`;
  }
}
