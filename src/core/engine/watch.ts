/** Joins ledger and bus for followers: one watch for commits of other processes while any follower needs it. */

import type { Bus } from '../bus/bus.ts';
import type { Ledger } from '../ledger/ledger.ts';

export class Watching {
  readonly #ledger: Ledger;
  readonly #bus: Bus;
  #watch: { close(): void } | undefined;
  #followers = 0;

  constructor(ledger: Ledger, bus: Bus) {
    this.#ledger = ledger;
    this.#bus = bus;
  }

  /** Announces commits of all processes on the bus. Returns the function that ends it for this follower. */
  begin(): () => void {
    this.#watch ??= this.#ledger.watch({
      onCommit: (sequence) => void this.#announce(sequence),
      onError: (error) => this.#bus.fail(error),
    });
    // only now: a follower that failed to start would never stop, and the watch with it
    this.#followers++;
    let isFollowing = true;
    return () => {
      if (!isFollowing) return;
      isFollowing = false;
      this.#followers--;
      if (this.#followers === 0) this.close();
    };
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  async #announce(known?: number): Promise<void> {
    try {
      const sequence = known ?? (await this.#ledger.head()).sequence;
      // the change may be no event: a group's cursor, for example
      if (sequence > this.#bus.sequence) this.#bus.announce(sequence);
      else this.#bus.notifyChange();
    } catch (error) {
      this.#bus.fail(error);
    }
  }
}
