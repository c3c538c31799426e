/** Ranges of history. No I/O. */

/** Both ends inclusive; empty where `through` < `from`. */
export interface SequenceRange {
  readonly from: number;
  readonly through: number;
}

export const EVERYTHING: SequenceRange = { from: 1, through: Number.MAX_SAFE_INTEGER };
