/** The subscribers of one engine, joined to what they are told of: what comes, by following; what is replayed, by being the sink of it. */

import { type EventHandler, Subscriber } from './bus/subscriber.ts';
import type { EventBatch } from './model/event.ts';
import type { PartitionId } from './model/partition.ts';
import { type EventLabels, toEvent } from './output/event-form.ts';
import type { Sink } from './output/stream-sink.ts';
import type { BatchPage } from './replay/retell.ts';

export interface Subscription {
  /** Resolves when it was closed; rejects with what its handler threw, or what reading threw. It ends then. */
  readonly ended: Promise<void>;
  /** Resolves when the call in hand has come to its end; no other follows. */
  close(): Promise<void>;
}

export class Subscriptions {
  readonly #labels: EventLabels;
  readonly #open = new Map<Subscriber, Subscription>();

  constructor(labels: EventLabels) {
    this.#labels = labels;
  }

  /** `pages`: what comes, from now on until the signal aborts. */
  add(handler: EventHandler, partitions: readonly PartitionId[] | null, pages: (signal: AbortSignal) => AsyncIterable<BatchPage>): Subscription {
    const subscriber = new Subscriber(handler, partitions);
    const controller = new AbortController();
    const ended = this.#follow(subscriber, pages(controller.signal), controller.signal).finally(() => this.#open.delete(subscriber));
    const close = async (): Promise<void> => {
      controller.abort();
      await ended.catch(() => {});
    };
    const subscription = { ended, close };
    this.#open.set(subscriber, subscription);
    return subscription;
  }

  /** Who is told of a replay; null where nobody subscribes. */
  audience(): Sink | null {
    if (this.#open.size === 0) return null;
    return {
      deliver: async (batches) => {
        await Promise.all([...this.#open.keys()].map((subscriber) => this.#tell(subscriber, batches)));
        return true;
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((subscription) => subscription.close()));
  }

  async #follow(subscriber: Subscriber, pages: AsyncIterable<BatchPage>, signal: AbortSignal): Promise<void> {
    for await (const page of pages) await this.#tell(subscriber, page, signal);
  }

  /** With a signal: as they come. Without: told again. */
  async #tell(subscriber: Subscriber, batches: readonly EventBatch[], signal?: AbortSignal): Promise<void> {
    for (const batch of batches) {
      for (let at = 0; at < batch.count; at++) {
        if (signal?.aborted) return;
        if (subscriber.wants(batch.partition(at))) await subscriber.tell({ ...toEvent(batch, at, this.#labels), replayed: signal === undefined });
      }
    }
  }
}
