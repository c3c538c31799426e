/** What a live consumer has read and not taken yet: the rest of one page, however slow it is and however little it takes at a time. */

import type { EventBatch } from '../model/events/event.ts';
import type { SharedPage } from './shared-pages.ts';

export class PageBuffer {
  readonly #read: (from: number) => Promise<SharedPage>;
  /** The batches of the page from `#at` on; those before it were taken. */
  #batches: EventBatch[] = [];
  #at = 0;
  /** Where the rest begins, and where what comes after it does. */
  #from = 0;
  #next = 0;

  constructor(read: (from: number) => Promise<SharedPage>) {
    this.#read = read;
  }

  /** Up to so many events from a sequence on, and where those after them begin. */
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
      // only the batch that was cut is touched: a page of 2,048 single events taken one by one would slice two million otherwise
      if (count === batch.count) this.#at++;
      else this.#batches[this.#at] = batch.slice(count, batch.count);
    }
    this.#from = this.#batches[this.#at]?.span?.firstSequence ?? this.#next;
    return { batches, next: this.#from };
  }
}
