/** Chooses how long the buckets of a time axis are. Pure. */

import type { Micros } from '../../model/time/time.ts';

const MS: Micros = 1000;
const SECOND = 1000 * MS;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lengths that people read as one unit, in microseconds, ascending. */
const WIDTHS: readonly Micros[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((count) => count * MS),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 28, 91, 364, 3650].map((count) => count * DAY),
];

export const BUCKETS_MAX = 150;

/** Buckets of equal length that cover a span; the first begins at a multiple of the length. */
export interface BucketScale {
  readonly from: Micros;
  readonly width: Micros;
  readonly count: number;
}

/** The shortest of {@link WIDTHS} that covers both times with at most {@link BUCKETS_MAX} buckets; longer ones double. */
export function bucketScale(first: Micros, last: Micros, bucketsMax = BUCKETS_MAX): BucketScale {
  let scale = scaleOf(first, last, WIDTHS[0] as Micros);
  for (const width of WIDTHS) {
    scale = scaleOf(first, last, width);
    if (scale.count <= bucketsMax) return scale;
  }
  while (scale.count > bucketsMax) scale = scaleOf(first, last, scale.width * 2);
  return scale;
}

function scaleOf(first: Micros, last: Micros, width: Micros): BucketScale {
  const from = Math.floor(first / width) * width;
  return { from, width, count: Math.floor((last - from) / width) + 1 };
}

/** Index of the bucket that holds a time of the span. */
export function bucketOf({ from, width, count }: BucketScale, time: Micros): number {
  return Math.min(count - 1, Math.max(0, Math.floor((time - from) / width)));
}
