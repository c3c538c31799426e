/** Ledger times as texts and documents show them, and how long ago they were. */

import { formatTime, type Micros } from '../../index.ts';

/** Null where there is no time to be shown. */
export function timeOrNull(time: Micros | null): string | null {
  return time === null ? null : formatTime(time);
}

/** Whole milliseconds since a time, 0 for one that is still to come; null where there is none. */
export function ageMs(time: Micros | null, now: Micros): number | null {
  return time === null ? null : Math.max(0, Math.round((now - time) / 1000));
}
