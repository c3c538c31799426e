/** One who is told of events by a call: of those that come, and of those that are told again. One call at a time, in the order in which they were asked for. */

import type { LedgerEvent } from '../model/event.ts';
import type { PartitionId } from '../model/partition.ts';

export interface SubscribedEvent extends LedgerEvent {
  /** Told again by a replay, rather than as it came. */
  readonly replayed: boolean;
}

/** The next event comes when its promise has settled. */
export type EventHandler = (event: SubscribedEvent) => void | Promise<void>;

export class Subscriber {
  readonly #handler: EventHandler;
  readonly #partitions: ReadonlySet<PartitionId> | null;
  #last: Promise<void> = Promise.resolve();

  /** `partitions`: null for all of them. */
  constructor(handler: EventHandler, partitions: readonly PartitionId[] | null) {
    this.#handler = handler;
    this.#partitions = partitions === null ? null : new Set(partitions);
  }

  wants(partition: PartitionId): boolean {
    return this.#partitions?.has(partition) ?? true;
  }

  /** @throws what the handler throws. */
  tell(event: SubscribedEvent): Promise<void> {
    const told = this.#last.then(() => this.#handler(event));
    // a call that failed is its caller's business
    this.#last = told.catch(() => {});
    return told;
  }
}
