/** Keeps the order of a commit pipeline: no draft may overtake the one it was built on. No I/O of its own. */

import type { CommitOutcome, Stale } from '../../model/events/commit.ts';

/** States: a generation is current -> a conflict ends it (later offers of it are stale) -> the next generation is current. */
export class OfferOrder {
  #generation = 0;
  /** Offers may arrive before earlier ones are decided. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Commits a draft once all earlier ones are decided, unless it was built on a draft that a conflict has refused.
   * @throws whatever `commit` throws; every later offer is stale then, because it is not known what was stored
   */
  offer(generation: number, commit: () => Promise<CommitOutcome>): Promise<CommitOutcome | Stale> {
    const answer = this.#last.then(() => this.#decide(generation, commit));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #decide(generation: number, commit: () => Promise<CommitOutcome>): Promise<CommitOutcome | Stale> {
    if (generation < this.#generation) return { kind: 'stale' };
    try {
      const outcome = await commit();
      // offers queued after a conflict were built on the same mistake
      this.#generation = outcome.kind === 'conflict' ? generation + 1 : generation;
      return outcome;
    } catch (error) {
      this.#generation = Number.MAX_SAFE_INTEGER;
      throw error;
    }
  }
}
