/**
 * Pause before a failed delivery is retried: exponential, bounded, with jitter so that simultaneous failures do not
 * retry together. Pure.
 */

import type { Micros } from '../../model/time/time.ts';

export interface Backoff {
  /** Pause after the first failure. */
  readonly first: Micros;
  readonly max: Micros;
}

/** `attempts`: failures so far, from 1; `chance`: in [0, 1). The result is between half of the pause and all of it. */
export function pauseAfter(attempts: number, { first, max }: Backoff, chance: number): Micros {
  const pause = Math.min(max, first * 2 ** Math.min(attempts - 1, 40));
  return Math.round(pause * (0.5 + chance / 2));
}
