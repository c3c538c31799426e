/** Ranges of history. No I/O. */

import type { Micros } from '../time/time.ts';

/** Both ends inclusive; empty if `through` < `from`. */
export interface SequenceRange {
  readonly from: number;
  readonly through: number;
}

/** A requested range as it was fixed: its sequences, the times that were asked for, and where the ledger ended then. */
export interface FixedRange extends SequenceRange {
  /** First and last microsecond that were asked for; null: not bounded by a time. */
  readonly fromTime: Micros | null;
  readonly throughTime: Micros | null;
  /** Last sequence of the ledger when the range was fixed; 0 in an empty one. */
  readonly head: number;
  /** Time of that event; null in an empty ledger. */
  readonly headTime: Micros | null;
}

export const EVERYTHING: SequenceRange = { from: 1, through: Number.MAX_SAFE_INTEGER };
