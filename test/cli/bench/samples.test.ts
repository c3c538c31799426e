import { expect, it } from 'vitest';
import { median, percentile, summarize } from '../../../src/cli/bench/samples.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

it.each([
  [50, 500],
  [90, 900],
  [99, 990],
  [99.9, 999],
  [100, 1000],
  [0, 1],
  [0.05, 1],
])('the percentile %d of 1 to 1000 is %d', (percent, expected) => {
  expect(percentile(upTo(1000), percent)).toBe(expected);
});

it('a high percentile of few samples is the maximum', () => {
  expect(percentile([7], 50)).toBe(7);
  expect(percentile(upTo(10), 99)).toBe(10);
  expect(percentile(upTo(999), 99.9)).toBe(999);
});

it('sorts numerically, and does not modify the samples', () => {
  const samples = [100, 9, 1000, 10, 1.23456];
  expect(summarize(samples)).toEqual({ count: 5, p50Ms: 10, p90Ms: 1000, p99Ms: 1000, p999Ms: 1000, maxMs: 1000 });
  expect(summarize([1.23456])).toMatchObject({ p50Ms: 1.235 });
  expect(samples[0]).toBe(100);
});

it('the median is a measured sample', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2);
});
