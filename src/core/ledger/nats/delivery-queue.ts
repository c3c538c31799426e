/** Deliveries of one consumer that were not taken yet. Bounded: the consumer is paused while too many bytes wait. */

import type { Msg } from './client.ts';
import type { MessagePlace } from './messages.ts';
import { type ConsumerEvents, HEARTBEAT_MS, type PullConsumer } from './pull-consumer.ts';

export interface Delivery {
  readonly message: Msg;
  readonly place: MessagePlace;
}

/** Bytes that wait when the consumer is paused; what it has asked for by then still comes. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
/** Heartbeats that may be late or missing. */
const SIGN_OF_LIFE_MS = 3 * HEARTBEAT_MS;

export class DeliveryQueue implements ConsumerEvents {
  #deliveries: Delivery[] = [];
  #bytes = 0;
  #lastSign = performance.now();
  #wake: (() => void) | null = null;
  #consumer: PullConsumer | null = null;
  /** Set when the consumer has ended. */
  end: { readonly reason: unknown } | null = null;

  attach(consumer: PullConsumer): void {
    this.#consumer = consumer;
  }

  get isEmpty(): boolean {
    return this.#deliveries.length === 0;
  }

  /** Whether the server has been heard of lately. */
  get isAlive(): boolean {
    return this.end === null && performance.now() - this.#lastSign < SIGN_OF_LIFE_MS;
  }

  onMessage(message: Msg, place: MessagePlace): void {
    this.#deliveries.push({ message, place });
    this.#bytes += message.data.length;
    if (this.#bytes > WAITING_BYTES_MAX) this.#consumer?.pause();
    this.#noteSign();
  }

  onHeartbeat(): void {
    this.#lastSign = performance.now();
  }

  onEnd(reason: unknown): void {
    this.end = { reason };
    this.#wake?.();
  }

  /** Resolves with all deliveries, when there are some; with none after the time, or when the consumer has ended. */
  async take(waitMs: number): Promise<readonly Delivery[]> {
    if (this.isEmpty && this.end === null) await this.#wait(waitMs);
    const taken = this.#deliveries;
    this.#deliveries = [];
    this.#bytes = 0;
    return taken;
  }

  /** Ends a wait: a timer that is left would keep the process alive for as long as the wait. */
  close(): void {
    this.#wake?.();
  }

  /** All that was taken has been passed on. */
  resume(): void {
    this.#lastSign = performance.now();
    this.#consumer?.resume(this.isEmpty);
  }

  #noteSign(): void {
    this.#lastSign = performance.now();
    this.#wake?.();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}
