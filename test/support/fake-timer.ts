/** A timer with simulated time: a wait takes no time, and wakes a little early or late, as real timers do. */

import type { Timer } from '../../src/index.ts';
import type { Seeded } from './seeded.ts';

export class FakeTimer implements Timer {
  ms = 5000;
  waits = 0;
  /** Called at each wait, before time advances. */
  onWait: () => void = () => {};
  readonly #random: Seeded;

  constructor(random: Seeded) {
    this.#random = random;
  }

  nowMs(): number {
    return this.ms;
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    this.waits++;
    this.onWait();
    await Promise.resolve();
    if (signal.aborted) return;
    if (!Number.isFinite(ms)) throw new Error('this wait would never end');
    // up to a millisecond early, up to two late
    this.ms += Math.max(0.01, ms - 1 + 3 * this.#random.unit());
  }
}
