/** The deliveries that a handler has and has not answered: what a subscription waits for. Costs an entry in a map per delivery. */

import type { Clock } from '../model/time/clock.ts';
import type { Micros } from '../model/time/time.ts';
import type { Delivery } from '../output/delivery.ts';
import type { DeliveryInProgress, Handler } from './subscription.ts';

export class Deliveries {
  readonly #clock: Clock;
  readonly #begun = new Map<Delivery, Micros>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The handler, with its deliveries noted. One that ignores its timeout stays until it answers. */
  track(handler: Handler): Handler {
    return async (delivery) => {
      this.#begun.set(delivery, this.#clock.nowMicros());
      try {
        await handler(delivery);
      } finally {
        this.#begun.delete(delivery);
      }
    };
  }

  /** The oldest first. */
  get inProgress(): readonly DeliveryInProgress[] {
    return [...this.#begun].map(([delivery, since]) => ({
      partition: delivery.partition,
      offset: delivery.partition === null ? null : delivery.firstOffset,
      sequence: delivery.firstSequence,
      events: delivery.count,
      attempt: delivery.attempt,
      isReplayed: delivery.isReplayed,
      isTimedOut: delivery.signal.aborted,
      since,
    }));
  }
}
