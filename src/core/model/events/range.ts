/** Ranges of history. No I/O. */

/** Both ends inclusive; empty if `through` < `from`. */
export interface SequenceRange {
  readonly from: number;
  readonly through: number;
}

export const EVERYTHING: SequenceRange = { from: 1, through: Number.MAX_SAFE_INTEGER };
