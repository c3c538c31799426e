/** Reads durations of flags, in milliseconds. */

import { readDuration } from '../../index.ts';

/** @throws LedgerError INVALID_TIME */
export function millisOf(flag: string): number {
  return readDuration(flag) / 1000;
}
