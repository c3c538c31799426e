/** Distinct keys, counted in bounded memory. */

import { expect, it } from 'vitest';
import { KeySample } from '../../../src/core/replay/key-sample.ts';

it('is exact as long as the keys fit', () => {
  const sample = new KeySample(100);
  for (let round = 0; round < 3; round++)
    for (let key = 0; key < 100; key++) sample.add(`k${key}`, key < 25 && round === 1);
  expect(sample.counts()).toEqual({ count: 100, marked: 25, isEstimate: false });
});

it('estimates both counts from a sample beyond that, whatever the order of the keys', () => {
  const sample = new KeySample(4096);
  for (let key = 0; key < 200_000; key++) sample.add(`k${key % 100_000}`, key < 25_000);
  const { count, marked, isEstimate } = sample.counts();
  expect(isEstimate).toBe(true);
  // five standard deviations of a sample of two thousand
  expect(Math.abs(count / 100_000 - 1)).toBeLessThan(0.11);
  expect(Math.abs(marked / count - 0.25)).toBeLessThan(0.05);
});

it('of no keys is nothing', () => {
  expect(new KeySample().counts()).toEqual({ count: 0, marked: 0, isEstimate: false });
});
