/**
 * Asks all consumers of an engine for their views whenever something has changed, calls `decide`, and starts the chosen
 * deliveries. Calls go down to the consumers; the only call back is `wake`.
 */

import type { Clock } from '../model/time/clock.ts';
import { WAIT_MS_MAX } from '../model/time/timer.ts';
import { type ConsumerView, decide } from './decide.ts';

export interface Consumer {
  view(): ConsumerView;
  /** Starts a delivery from the lane at this index of the view; wakes the scheduler when it ends. */
  feed(lane: number, events: number, turn: number): void;
}

export class Scheduler {
  readonly #clock: Clock;
  readonly #consumers = new Set<Consumer>();
  #feeds = 0;
  #isAwake = false;
  #alarm: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(consumer: Consumer): void {
    this.#consumers.add(consumer);
    this.wake();
  }

  remove(consumer: Consumer): void {
    this.#consumers.delete(consumer);
    if (this.#consumers.size === 0) clearTimeout(this.#alarm);
  }

  /** Call when something has changed. Any number of calls cause one decision, after pending I/O. */
  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    setImmediate(() => {
      this.#isAwake = false;
      this.#schedule();
    });
  }

  #schedule(): void {
    clearTimeout(this.#alarm);
    const consumers = [...this.#consumers];
    const now = this.#clock.nowMicros();
    const { feeds, wakeAt } = decide(
      consumers.map((consumer) => consumer.view()),
      now,
    );
    for (const { consumer, lane, events } of feeds) consumers[consumer]?.feed(lane, events, ++this.#feeds);
    if (wakeAt !== null)
      this.#alarm = setTimeout(() => this.wake(), Math.min(Math.ceil((wakeAt - now) / 1000), WAIT_MS_MAX));
  }
}
