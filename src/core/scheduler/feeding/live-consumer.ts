/** A consumer without a group: gets new events in ledger order and stores no state. Its first failure ends it. */

import type { EventBatch } from '../../model/events/event.ts';
import { invalidArgument } from '../../model/ledger-error.ts';
import type { ConsumerView } from '../decide.ts';
import type { Consumer } from '../scheduler.ts';
import { type Deliver, deliverWithTimeout } from './deliver-with-timeout.ts';
import { isInside } from './inside.ts';
import { Shutdown } from './shutdown.ts';

export interface LiveConsumerParts {
  /** At most N events from a sequence on, with the sequence at which the next ones start. */
  read(
    fromSequence: number,
    events: number,
  ): Promise<{ readonly batches: readonly EventBatch[]; readonly next: number }>;
  readonly deliver: Deliver;
  /** Sequence of the head. */
  head(): number;
  wake(): void;
}

export interface LiveConsumerOptions {
  /** Sequence of the first event to deliver. */
  readonly from: number;
  /** Most events delivered and not acknowledged. */
  readonly capacity: number;
  readonly ackTimeoutMs: number | null;
}

export class LiveConsumer implements Consumer {
  readonly shutdown = new Shutdown();
  readonly #parts: LiveConsumerParts;
  readonly #options: LiveConsumerOptions;
  #next: number;
  #lastFed = 0;
  #inFlight: Promise<void> | undefined;
  #delivered = 0;
  /** Without a group nothing is parked. */
  readonly parked = 0;

  constructor(parts: LiveConsumerParts, options: LiveConsumerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#next = options.from;
    this.shutdown.onDrain(async () => this.#inFlight);
  }

  /** New events delivered so far; replayed events are not counted. */
  get delivered(): number {
    return this.#delivered;
  }

  view(): ConsumerView {
    const { capacity } = this.#options;
    if (this.shutdown.hasBegun) return { capacity: 0, slots: 0, lanes: [] };
    const lane = {
      lag: Math.max(0, this.#parts.head() - this.#next + 1),
      isBusy: this.#inFlight !== undefined,
      heldUntil: Number.POSITIVE_INFINITY,
      dueAt: Number.NEGATIVE_INFINITY,
      limit: capacity,
      lastFed: this.#lastFed,
    };
    return { capacity, slots: 1, lanes: [lane] };
  }

  feed(_lane: number, events: number, turn: number): void {
    this.#lastFed = turn;
    this.#inFlight = this.#deliver(events)
      .catch((error: unknown) => this.shutdown.fail(error))
      .then(() => {
        this.#inFlight = undefined;
        this.#parts.wake();
      });
  }

  /**
   * Delivers events of a replay, between two of its own deliveries.
   * @throws the handler's error, which is the replay's failure; INVALID_ARGUMENT inside of its handler
   */
  async deliverReplayed(batches: readonly EventBatch[]): Promise<void> {
    if (isInside(this.shutdown))
      throw invalidArgument(
        'the replay would wait for the handler that awaits it: it is delivered to that subscription, too',
        'iterate the replay, or pass it to a sink, or do not await it in a handler without a group',
      );
    while (this.#inFlight !== undefined) await this.#inFlight;
    if (this.shutdown.hasBegun) return;
    const delivery = this.#deliverPage(batches, true);
    this.#inFlight = delivery
      .catch(() => {})
      .then(() => {
        this.#inFlight = undefined;
        this.#parts.wake();
      });
    await delivery;
  }

  async #deliver(events: number): Promise<void> {
    const { batches, next } = await this.#parts.read(this.#next, events);
    if (batches.length > 0) await this.#deliverPage(batches, false);
    this.#delivered += batches.reduce((sum, { count }) => sum + count, 0);
    this.#next = next;
  }

  #deliverPage(batches: readonly EventBatch[], isReplayed: boolean): Promise<void> {
    return deliverWithTimeout(
      this.shutdown,
      this.#parts.deliver,
      { partition: null, batches, attempt: 1, isRedelivery: false, isReplayed },
      this.#options.ackTimeoutMs,
    );
  }
}
