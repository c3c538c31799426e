import { expect, it } from 'vitest';
import { shortCount } from '../../../src/cli/plate/words.ts';

it.each([
  [0, '0'],
  [9_999_999, '9,999,999'],
  [10_000_000, '10 M'],
  [12_345_678, '12.3 M'],
  [9_999_900_000, '9,999.9 M'],
  [10e9, '10 G'],
  [12.34e12, '12.3 T'],
  [Number.MAX_SAFE_INTEGER, '9,007.2 T'],
])('%d is short', (value, text) => {
  expect(shortCount(value)).toBe(text);
});

it('begins where it is asked to', () => {
  expect(shortCount(999_999_999, 1e9)).toBe('999,999,999');
  expect(shortCount(1_736_294_123, 1e9)).toBe('1,736.3 M');
});
