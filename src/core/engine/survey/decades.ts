/** Counts values in classes, and keeps what is said of them in a sentence: median and largest. */

/** A class of values: those below `below` and not below the class before it; null: all that are left. */
export interface ValueClass {
  readonly below: number | null;
  readonly count: number;
}

export interface Distribution {
  readonly classes: readonly ValueClass[];
  /** Null if there are no values. */
  readonly median: number | null;
  readonly largest: { readonly value: number; readonly sequence: number } | null;
}

/** `bounds` ascend. `sequences`: of the event or commit that each value is of. */
export function distributionOf(values: Float64Array, sequences: Float64Array, bounds: readonly number[]): Distribution {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let largest = -1;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    const found = bounds.findIndex((bound) => value < bound);
    const place = found === -1 ? bounds.length : found;
    counts[place] = (counts[place] as number) + 1;
    if (largest === -1 || value > (values[largest] as number)) largest = at;
  }
  const sorted = values.slice().sort();
  return {
    classes: counts.map((count, at) => ({ below: bounds[at] ?? null, count })),
    median: sorted.length === 0 ? null : (sorted[Math.floor((sorted.length - 1) / 2)] as number),
    largest: largest === -1 ? null : { value: values[largest] as number, sequence: sequences[largest] as number },
  };
}
