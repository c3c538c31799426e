/** Statistics of measured durations. */

/** Milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Nearest rank: the smallest sample that at least `percent` of all samples do not exceed. `sorted`: ascending, not empty. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  // without rounding 99.9 % of 1000 is 999.0000000000001, and the rank one too high
  const rank = Math.ceil(Number(((sorted.length * percent) / 100).toPrecision(12)));
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] as number;
}

/** `samples` in milliseconds, not empty. */
export function summarize(samples: readonly number[]): Latencies {
  const sorted = Float64Array.from(samples).sort();
  const at = (percent: number) => roundMs(percentile(sorted, percent));
  return { count: sorted.length, p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), p999Ms: at(99.9), maxMs: at(100) };
}

/** The middle sample; of an even number the lower of the two, so that it is a measured one. */
export function median(samples: readonly number[]): number {
  return percentile(Float64Array.from(samples).sort(), 50);
}

/** Rounds to three decimals: two are reproducible, the third separates small ratios. */
export function roundRatio(ratio: number): number {
  return Math.round(ratio * 1000) / 1000;
}

/** Rounds to microseconds, the resolution of the clock. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
