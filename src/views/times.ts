/** Formats ledger times and their ages. */

import { formatTime, type Micros } from '../index.ts';

/** Returns null for null. */
export function timeOrNull(time: Micros | null): string | null {
  return time === null ? null : formatTime(time);
}

/** Whole milliseconds since a time, 0 for a future one, null for null. */
export function ageMs(time: Micros | null, now: Micros): number | null {
  return time === null ? null : Math.max(0, Math.round((now - time) / 1000));
}
