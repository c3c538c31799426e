/** Samples of a duration, and what is said of them. */

/** Milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** The nearest rank: the smallest sample that a share of `percent` does not exceed. `sorted` ascends and is not empty. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  // 99.9 % of 1000 is 999.0000000000001 otherwise, and its rank one too high
  const rank = Math.ceil(Number(((sorted.length * percent) / 100).toPrecision(12)));
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] as number;
}

/** `samples` in milliseconds, not empty. */
export function summarize(samples: readonly number[]): Latencies {
  const sorted = Float64Array.from(samples).sort();
  const at = (percent: number) => roundMs(percentile(sorted, percent));
  return { count: sorted.length, p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), p999Ms: at(99.9), maxMs: at(100) };
}

/** The middle one; of an even number the lower of the two, so that it is one that was measured. */
export function median(samples: readonly number[]): number {
  return percentile(Float64Array.from(samples).sort(), 50);
}

/** Two figures behind the point are all that repeats; a third keeps small ones apart. */
export function roundRatio(ratio: number): number {
  return Math.round(ratio * 1000) / 1000;
}

/** To the microsecond: the clock knows no more. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
