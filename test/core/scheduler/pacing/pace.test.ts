import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PaceRequest, readPace } from '../../../../src/core/scheduler/pacing/pace.ts';
import { refusalOf } from '../../../support/refusals.ts';

const START = 1_700_000_000_000_000;

/** Due times in milliseconds of events at these seconds. */
function dues(request: PaceRequest, seconds: readonly number[]): number[] {
  return [...(readPace(request)?.dues(Float64Array.from(seconds, (second) => START + second * 1e6)) ?? [])];
}

test('natural is the original pace, and a factor multiplies it', () => {
  expect(dues({ speed: 'natural' }, [0, 0, 1, 3])).toEqual([0, 0, 1000, 3000]);
  for (const speed of [2, '2', '2x', '2.0']) expect(dues({ speed }, [0, 1, 3])).toEqual([0, 500, 1500]);
  expect(dues({ speed: '0.5' }, [0, 1])).toEqual([0, 2000]);
  expect(dues({ speed: '86400x' }, [0, 8 * 86_400])).toEqual([0, 8000]);
});

test('a rate is a number of events per second, whatever their times', () => {
  for (const rate of [4, '4', '4/s']) expect(dues({ rate }, [0, 0, 500, 9000])).toEqual([0, 250, 500, 750]);
});

test('max is no pace at all', () => {
  expect(readPace({})).toBeNull();
  expect(readPace({ speed: 'max' })).toBeNull();
});

test('a silence is cut to the longest one, on the clock of the listener', () => {
  expect(dues({ speed: 'natural', maxGap: '5s' }, [0, 3, 3600, 3601])).toEqual([0, 3000, 8000, 9000]);
  expect(dues({ speed: 60, maxGap: '5s' }, [0, 60, 3660, 3720])).toEqual([0, 1000, 6000, 7000]);
});

test('the pace continues from page to page, and knows its duration', () => {
  const pace = readPace({ speed: 10, maxGap: '1s' });
  const first = pace?.dues(Float64Array.of(START, START + 5e6)) ?? [];
  const second = pace?.dues(Float64Array.of(START + 6e6, START + 600e6)) ?? [];
  expect([...first, ...second]).toEqual([0, 500, 600, 1600]);
  expect(pace?.durationMs).toBe(1600);
});

test('due times never step back, and no gap is longer than allowed, over a million events without a drift', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 20e6 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 1000 }),
      (gaps, factor) => {
        let time = START;
        const times = Float64Array.from([0, ...gaps], (gap) => {
          time += gap;
          return time;
        });
        const delivered = readPace({ speed: factor, maxGap: '1s' })?.dues(times) ?? new Float64Array();
        for (let at = 1; at < delivered.length; at++) {
          const gap = (delivered[at] as number) - (delivered[at - 1] as number);
          expect(gap).toBeCloseTo(Math.min(1000, (gaps[at - 1] as number) / 1000 / factor), 5);
        }
      },
    ),
  );
  const million = Float64Array.from({ length: 1_000_000 }, (_, n) => START + n * 333);
  expect(readPace({ speed: 7 })?.dues(million).at(-1)).toBeCloseTo((999_999 * 333) / 7000, 6);
});

test.each([
  [{ speed: 'fast' }],
  [{ speed: '0' }],
  [{ speed: 0 }],
  [{ speed: -1 }],
  [{ speed: '' }],
  [{ speed: 'x' }],
  [{ speed: '1e999' }],
  [{ speed: Number.NaN }],
  [{ speed: '0x10' }],
  [{ rate: '10/m' }],
  [{ rate: 0 }],
  [{ rate: 1, speed: 'natural' }],
  [{ rate: 1, maxGap: '1s' }],
  [{ maxGap: '1s' }],
])('%j is refused', (request) => {
  expect(refusalOf(() => readPace(request)).code).toBe('INVALID_ARGUMENT');
});

test('a gap that is no duration is refused', () => {
  expect(refusalOf(() => readPace({ speed: 'natural', maxGap: 'soon' })).code).toBe('INVALID_TIME');
});
