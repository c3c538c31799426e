/** Counts the commits that a ledger has not answered yet, so that its sender knows whether a small one would only wait behind them. */

import { type Resolvers, withResolvers } from '../../model/with-resolvers.ts';

/** One is being stored, and the next one is there when that is done: this many keep a ledger working. */
const BUSY_COMMITS = 2;

export class Backlog {
  #unanswered = 0;
  /** What {@link busy} has returned, until it resolves. */
  #waiting: Resolvers | null = null;

  /** Counts a commit until it has an answer; a failure is one, and does not count as unhandled. */
  add(answer: Promise<unknown>): void {
    this.#unanswered++;
    answer.then(this.#onAnswer, this.#onAnswer);
  }

  /** Resolves when the ledger has so little to do that the next commit should come, however small; null if that is now. Never rejects. */
  busy(): Promise<void> | null {
    if (this.#unanswered < BUSY_COMMITS) return null;
    this.#waiting ??= withResolvers();
    return this.#waiting.promise;
  }

  readonly #onAnswer = (): void => {
    this.#unanswered--;
    if (this.#unanswered >= BUSY_COMMITS) return;
    this.#waiting?.resolve();
    this.#waiting = null;
  };
}
