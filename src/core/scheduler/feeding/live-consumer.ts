/** A consumer without a group: gets what comes, in the order of the ledger, and leaves no trace there. Its first failure is its end. */

import type { EventBatch } from '../../model/events/event.ts';
import type { ConsumerView } from '../decide.ts';
import type { Consumer } from '../scheduler.ts';
import { type Deliver, deliverWithTimeout } from './deliver-with-timeout.ts';
import { Shutdown } from './shutdown.ts';

export interface LiveConsumerParts {
  /** Events from a sequence on, up to so many, and where those behind them begin. */
  read(
    fromSequence: number,
    events: number,
  ): Promise<{ readonly batches: readonly EventBatch[]; readonly next: number }>;
  readonly deliver: Deliver;
  /** The last sequence there is. */
  head(): number;
  wake(): void;
}

export interface LiveConsumerOptions {
  /** The first sequence it gets. */
  readonly from: number;
  /** Most events in hand. */
  readonly capacity: number;
  readonly ackTimeoutMs: number | null;
}

export class LiveConsumer implements Consumer {
  readonly shutdown: Shutdown;
  readonly #parts: LiveConsumerParts;
  readonly #options: LiveConsumerOptions;
  #next: number;
  #lastFed = 0;
  #inHand: Promise<void> | undefined;
  #delivered = 0;
  /** Without a group nothing is set aside. */
  readonly parked = 0;

  constructor(parts: LiveConsumerParts, options: LiveConsumerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#next = options.from;
    this.shutdown = new Shutdown(async () => this.#inHand);
  }

  /** Events that came and were taken so far; what replays tell is not counted. */
  get delivered(): number {
    return this.#delivered;
  }

  view(): ConsumerView {
    const { capacity } = this.#options;
    if (this.shutdown.hasBegun) return { capacity: 0, slots: 0, lanes: [] };
    const lane = {
      lag: Math.max(0, this.#parts.head() - this.#next + 1),
      isBusy: this.#inHand !== undefined,
      heldUntil: Number.POSITIVE_INFINITY,
      dueAt: Number.NEGATIVE_INFINITY,
      limit: capacity,
      lastFed: this.#lastFed,
    };
    return { capacity, slots: 1, lanes: [lane] };
  }

  feed(_lane: number, events: number, turn: number): void {
    this.#lastFed = turn;
    this.#inHand = this.#deliver(events)
      .catch((error: unknown) => this.shutdown.fail(error))
      .then(() => {
        this.#inHand = undefined;
        this.#parts.wake();
      });
  }

  /** Tells what a replay tells, between two deliveries of its own. @throws what the handler throws: that is the replay's failure. */
  async deliverReplayed(batches: readonly EventBatch[]): Promise<void> {
    while (this.#inHand !== undefined) await this.#inHand;
    if (this.shutdown.hasBegun) return;
    const told = this.#deliverPage(batches, true);
    this.#inHand = told
      .catch(() => {})
      .then(() => {
        this.#inHand = undefined;
        this.#parts.wake();
      });
    await told;
  }

  async #deliver(events: number): Promise<void> {
    const { batches, next } = await this.#parts.read(this.#next, events);
    if (batches.length > 0) await this.#deliverPage(batches, false);
    this.#delivered += batches.reduce((sum, { count }) => sum + count, 0);
    this.#next = next;
  }

  #deliverPage(batches: readonly EventBatch[], isReplayed: boolean): Promise<void> {
    return deliverWithTimeout(
      this.#parts.deliver,
      { partition: null, batches, attempt: 1, isRedelivery: false, isReplayed },
      this.#options.ackTimeoutMs,
    );
  }
}
