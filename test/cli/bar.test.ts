import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { bar, graph } from '../../src/cli/terminal/bar.ts';
import { perSecond, span } from '../../src/cli/terminal/format-numbers.ts';

it('a bar is as long as its value, to the eighth of a cell', () => {
  expect(bar(100, 100, 10)).toBe('██████████');
  expect(bar(50, 100, 10)).toBe('█████');
  expect(bar(55, 100, 10)).toBe('█████▌');
  expect(bar(0, 100, 10)).toBe('');
  expect(bar(0, 0, 10)).toBe('');
});

it('any value above 0 is visible, and a value above the maximum is clipped', () => {
  expect(bar(1, 1_000_000, 10)).toBe('▏');
  expect(bar(200, 100, 10)).toBe('██████████');
});

it('a graph fills from its bottom row, and marks unknown values', () => {
  expect(graph([null, 0, 1, 8, 9, 16], 16, 2)).toEqual(['    ▁█', '· ▁███']);
  expect(graph([0, 0], 0, 1)).toEqual(['  ']);
});

it('a higher value is never lower in a graph', async () => {
  await fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 2, maxLength: 2 }), ([one = 0, other = 0]) => {
      const levels = graph([Math.min(one, other), Math.max(one, other)], 1000, 3);
      const heights = [0, 1].map((at) => levels.reduce((sum, row) => sum + ' ▁▂▃▄▅▆▇█'.indexOf(row[at] ?? ''), 0));
      expect(heights[0]).toBeLessThanOrEqual(heights[1] ?? 0);
    }),
  );
});

it.each([
  [0, '0ms'],
  [999.6, '1s'],
  [1440, '1.4s'],
  [9999, '10s'],
  [59_400, '59s'],
  [59_600, '1m 0s'],
  [250_000, '4m 10s'],
  [3_600_000, '1h 0m'],
  [11_520_000, '3h 12m'],
  [86_400_000 * 5, '5d 0h'],
  [86_400_000 * (8 * 365 + 120), '8y 120d'],
])('%d ms are %s', (ms, text) => {
  expect(span(ms)).toBe(text);
});

it.each([
  [0, '0'],
  [0.04, '0'],
  [12.34, '12.3'],
  [99.96, '100'],
  [1234.5, '1,230'],
  [-1234.5, '-1,230'],
])('%d a second is shown as %s', (value, text) => {
  expect(perSecond(value)).toBe(text);
});
