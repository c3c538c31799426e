/** Keeps the order of a commit pipeline: no draft may overtake the one it was built on. Pure. */

import type { CommitOutcome, Stale } from '../../model/events/commit.ts';

/** States: a generation is current -> a conflict ends it (later offers of it are stale) -> the next generation is current. */
export class OfferOrder {
  #generation = 0;

  /** Whether the offer was built on a draft that a conflict has refused. */
  isStale(generation: number): boolean {
    return generation < this.#generation;
  }

  note(generation: number, { kind }: CommitOutcome | Stale): void {
    // offers queued after a conflict were built on the same mistake
    this.#generation = kind === 'conflict' ? generation + 1 : generation;
  }

  /** After an error no offer is taken any more: what it stored is not known. */
  stop(): void {
    this.#generation = Number.MAX_SAFE_INTEGER;
  }
}
