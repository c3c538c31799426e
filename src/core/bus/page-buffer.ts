/** Unconsumed rest of the last page of a live consumer: at most one page, however slowly the consumer takes it. */

import type { EventBatch } from '../model/events/event.ts';
import type { SharedPage } from './shared-pages.ts';

export class PageBuffer {
  readonly #read: (from: number) => Promise<SharedPage>;
  /** Batches of the page; those before index `#at` have been taken. */
  #batches: EventBatch[] = [];
  #at = 0;
  /** Sequences at which the rest of the page and the next page start. */
  #from = 0;
  #next = 0;

  constructor(read: (from: number) => Promise<SharedPage>) {
    this.#read = read;
  }

  /** At most `events` events from a sequence on, with the sequence at which the next ones start. */
  async take(from: number, events: number): Promise<SharedPage> {
    if (this.#at === this.#batches.length || this.#from !== from) {
      const page = await this.#read(from);
      // a copy: other consumers may share the page
      this.#batches = [...page.batches];
      this.#at = 0;
      this.#next = page.next;
    }
    const batches: EventBatch[] = [];
    for (let left = events; left > 0 && this.#at < this.#batches.length; ) {
      const batch = this.#batches[this.#at] as EventBatch;
      const count = Math.min(left, batch.count);
      batches.push(batch.slice(0, count));
      left -= count;
      // slice only the batch that is split: taking a page of 2,048 single events one by one would otherwise copy two
      // million slots
      if (count === batch.count) this.#at++;
      else this.#batches[this.#at] = batch.slice(count, batch.count);
    }
    this.#from = this.#batches[this.#at]?.span?.firstSequence ?? this.#next;
    return { batches, next: this.#from };
  }
}
