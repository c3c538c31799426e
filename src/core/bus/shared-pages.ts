/** Pages of recent history that several live consumers read at about the same time: read once, kept for the few last places, then let go. */

import { EventBatch } from '../model/events/event.ts';
import type { History } from '../model/events/history.ts';
import type { PartitionId } from '../model/routing/partition.ts';

export interface SharedPage {
  /** In sequence order; none is empty. */
  readonly batches: readonly EventBatch[];
  /** Where the next page begins. */
  readonly next: number;
}

/** Those who keep up are at most this many pages apart; who falls back reads for himself and slows nobody. */
const PAGES_KEPT = 2;

export class SharedPages {
  readonly #history: Pick<History, 'read'>;
  readonly #pages = new Map<string, Promise<SharedPage>>();

  constructor(history: Pick<History, 'read'>) {
    this.#history = history;
  }

  /** Events from `from` up to `through`, or a page of them. */
  read(from: number, through: number, partitions: readonly PartitionId[] | null): Promise<SharedPage> {
    const place = `${from}/${partitions?.join() ?? ''}`;
    const known = this.#pages.get(place);
    if (known !== undefined) return known;
    const page = this.#read(from, through, partitions);
    this.#pages.set(place, page);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_KEPT) break;
      this.#pages.delete(oldest);
    }
    page.catch(() => this.#pages.delete(place));
    return page;
  }

  /** Nobody reads any more. */
  clear(): void {
    this.#pages.clear();
  }

  async #read(from: number, through: number, partitions: readonly PartitionId[] | null): Promise<SharedPage> {
    const range = { from, through };
    const { commits, next } = await this.#history.read({ range, partitions, verify: false });
    const batches = commits.map((commit) => EventBatch.of(commit, range)).filter(({ count }) => count > 0);
    return { batches, next: next ?? through + 1 };
  }
}
