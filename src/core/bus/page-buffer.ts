/** What a live consumer has read and not taken yet: the rest of one page, however slow it is and however little it takes at a time. */

import type { EventBatch } from '../model/event.ts';
import type { SharedPage } from './shared-pages.ts';

export class PageBuffer {
  readonly #read: (from: number) => Promise<SharedPage>;
  #rest: readonly EventBatch[] = [];
  /** Where the rest begins, and where what lies behind it does. */
  #from = 0;
  #next = 0;

  constructor(read: (from: number) => Promise<SharedPage>) {
    this.#read = read;
  }

  /** Up to so many events from a sequence on, and where those behind them begin. */
  async take(from: number, events: number): Promise<SharedPage> {
    if (this.#rest.length === 0 || this.#from !== from) {
      const page = await this.#read(from);
      this.#rest = page.batches;
      this.#next = page.next;
    }
    const batches: EventBatch[] = [];
    const rest: EventBatch[] = [];
    let left = events;
    for (const batch of this.#rest) {
      const count = Math.min(left, batch.count);
      if (count > 0) batches.push(batch.slice(0, count));
      if (count < batch.count) rest.push(batch.slice(count, batch.count));
      left -= count;
    }
    this.#rest = rest;
    this.#from = rest[0]?.span?.firstSequence ?? this.#next;
    return { batches, next: this.#from };
  }
}
