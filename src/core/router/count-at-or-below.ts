/** Counts how many of ascending numbers are at or below a key. */

export function countAtOrBelow(rising: Float64Array, key: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] as number) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
