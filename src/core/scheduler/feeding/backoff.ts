/** How long a failed delivery waits before the next one: doubling, bounded, and scattered, so that those who failed together do not come together. Pure. */

import type { Micros } from '../../model/time/time.ts';

export interface Backoff {
  /** After the first failure. */
  readonly first: Micros;
  readonly max: Micros;
}

/** `attempts`: failures so far, from 1; `chance`: in [0, 1). Between half of the pause and all of it. */
export function pauseAfter(attempts: number, { first, max }: Backoff, chance: number): Micros {
  const pause = Math.min(max, first * 2 ** Math.min(attempts - 1, 40));
  return Math.round(pause * (0.5 + chance / 2));
}
