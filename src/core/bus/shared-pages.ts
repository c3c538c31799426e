/** Cache of the last few pages of history, shared by live consumers that read the same place at about the same time. */

import { EventBatch } from '../model/events/event.ts';
import type { History } from '../model/events/history.ts';
import type { PartitionId } from '../model/routing/partition.ts';

export interface SharedPage {
  /** In sequence order; none is empty. */
  readonly batches: readonly EventBatch[];
  /** Sequence at which the next page starts. */
  readonly next: number;
}

/** Pages kept for consumers near the head. A slower consumer reads its own pages and delays no other. */
const PAGES_KEPT = 2;

export class SharedPages {
  readonly #history: Pick<History, 'read'>;
  readonly #pages = new Map<string, Promise<SharedPage>>();

  constructor(history: Pick<History, 'read'>) {
    this.#history = history;
  }

  /** One page of the events `[from, through]`. */
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

  /** Drops all pages: no consumer is left. */
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
