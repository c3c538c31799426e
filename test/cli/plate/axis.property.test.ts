import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  anchorOf,
  countUnit,
  labelledTicks,
  labelWidth,
  PLOT_PX,
  timeTicks,
  valueAxis,
} from '../../../src/cli/plate/axis.ts';
import { shownClock, UTC_CLOCK } from '../../../src/cli/terminal/shown-clock.ts';
import { BUCKETS_MAX, bucketScale } from '../../../src/core/engine/survey/bucket-width.ts';
import { quick } from '../../support/test-size.ts';

const spans = fc
  .record({
    from: fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2090, 0, 1) }),
    // from a millisecond to 30 years, each order of magnitude as likely
    exponent: fc.double({ min: 0, max: 12, noNaN: true }),
  })
  .map(({ from, exponent }) => ({ from, to: from + Math.max(1, Math.round(10 ** exponent)) }));

/** The axis of a ledger: whole buckets. */
function axisOf({ from, to }: { from: number; to: number }): { from: number; to: number } {
  const scale = bucketScale(from * 1000, to * 1000);
  return { from: scale.from / 1000, to: (scale.from + scale.width * scale.count) / 1000 };
}

const DAY = 86_400_000;

// clocks of Berlin and Lord Howe change, those of Havana at midnight
const ZONES = [undefined, 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Havana'];
const RUNS = { numRuns: quick(100, 300) };

it.each(ZONES)('ticks are in order and inside, and have their times of the clock, in %s', async (zone) => {
  const clock = await shownClock(zone);
  fc.assert(
    fc.property(spans, (span) => {
      const { from, to } = axisOf(span);
      const ticks = timeTicks(from, to, 7, clock);
      for (const [nth, { at, value, local }] of ticks.entries()) {
        expect(local).toBe(clock.localAt(value));
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThan(1);
        expect(Number.isInteger(value)).toBe(true);
        expect(value).toBeGreaterThan(ticks[nth - 1]?.value ?? from - 1);
      }
    }),
    RUNS,
  );
});

it.each(ZONES)(
  'labels stay in the plot, do not meet, and leave out as many ticks between any two, in %s',
  async (zone) => {
    const clock = await shownClock(zone);
    fc.assert(
      fc.property(spans, fc.constantFrom(PLOT_PX.wide, PLOT_PX.narrow), (span, plotPx) => {
        const { from, to } = axisOf(span);
        const ticks = timeTicks(from, to, 7, clock);
        const labelled = labelledTicks(ticks, plotPx);
        expect(labelled.length > 0).toBe(ticks.length > 0);
        let free = 0;
        for (const tick of labelled) {
          const width = labelWidth(tick.label);
          const start = tick.at * plotPx - { start: 0, middle: width / 2, end: width }[anchorOf(tick)];
          expect(start, labelled.map(({ label }) => label).join(' ')).toBeGreaterThanOrEqual(free);
          expect(start + width).toBeLessThanOrEqual(plotPx);
          free = start + width;
        }
        const places = labelled.map((tick) => ticks.indexOf(tick));
        const gaps = places.slice(1).map((place, nth) => place - (places[nth] ?? 0));
        expect(new Set(gaps).size).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  },
);

it.each([
  ['a week of days', Date.UTC(2018, 0, 31), 7.1 * DAY, '31 Jan 1 Feb 2 Feb 3 Feb 4 Feb 5 Feb 6 Feb 7 Feb'],
  ['a day of hours', Date.UTC(2026, 3, 12, 6), 11.5 * 3_600_000, '06:00 08:00 10:00 12:00 14:00 16:00'],
  ['thirty years', Date.UTC(1990, 0, 1), 30.1 * 365.25 * DAY, '1990 1995 2000 2005 2010 2015 2020'],
])('%s has all its labels where they have room, and every second one where they have not', (_, from, ms, all) => {
  const ticks = timeTicks(from, from + ms, 7, UTC_CLOCK);
  const wide = labelledTicks(ticks, PLOT_PX.wide).map(({ label }) => label);
  expect(wide.join(' ')).toBe(all);
  const narrow = labelledTicks(ticks, 140).map(({ label }) => label);
  expect(narrow.length).toBeLessThan(wide.length);
  expect(wide.filter((label) => narrow.includes(label))).toEqual(narrow);
});

const HOUR = 3_600_000;

it.each([
  ['a night without 02:00', 'Europe/Berlin', '2026-03-28T23:00Z', 5.9 * HOUR, '29 Mar 01:00 03:00 04:00 05:00 06:00'],
  ['a night with 02:00 twice', 'Europe/Berlin', '2026-10-24T22:00Z', 5.9 * HOUR, '25 Oct 01:00 02:00 03:00 04:00'],
  ['half of an hour', 'Australia/Lord_Howe', '2026-04-04T13:00Z', 5.9 * HOUR, '5 Apr 01:00 02:00 03:00 04:00 05:00'],
  ['a day without midnight', 'America/Havana', '2026-03-07T05:00Z', 2.9 * DAY, '7 Mar 12:00 12:00 9 Mar 12:00'],
  [
    '02:00 for the second time',
    'Europe/Berlin',
    '2026-10-25T01:00Z',
    0.9 * HOUR,
    '02:00 02:10 02:20 02:30 02:40 02:50',
  ],
])('%s: ticks are where clocks of %s show round times', async (_, zone, from, ms, labels) => {
  const start = Date.parse(from);
  const ticks = timeTicks(start, start + ms, 7, await shownClock(zone));
  expect(ticks.map(({ label }) => label).join(' ')).toBe(labels);
});

it('buckets cover the span, are few, and the longest that is not needed is not taken', () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 2, max: BUCKETS_MAX }), ({ from, to }, most) => {
      const scale = bucketScale(from * 1000, to * 1000, most);
      expect(scale.count).toBeLessThanOrEqual(most);
      expect(scale.from).toBeLessThanOrEqual(from * 1000);
      expect(scale.from + scale.width * scale.count).toBeGreaterThan(to * 1000);
      expect(scale.from + scale.width).toBeGreaterThan(from * 1000);
    }),
  );
});

it('a value axis reaches beyond its values, and its lines are whole', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 1, max: 10 ** 9 }), (most, bucketMs) => {
      const unit = countUnit(bucketMs, most);
      expect(unit.factor).toBeLessThanOrEqual(1);
      const { top, lines } = valueAxis(most * unit.factor);
      expect(top).toBeGreaterThanOrEqual(most * unit.factor);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(Number.isInteger(line) && line > 0 && line <= top).toBe(true);
    }),
  );
});
