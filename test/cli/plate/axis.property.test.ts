import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countUnit, isAtStart, timeTicks, valueAxis } from '../../../src/cli/plate/axis.ts';
import { shownClock } from '../../../src/cli/terminal/shown-clock.ts';
import { BUCKETS_MAX, bucketScale } from '../../../src/core/engine/survey/bucket-width.ts';
import { quick } from '../../support/test-size.ts';

/** The plot of a page of 760 px, the narrowest with every label; and the widest character of an axis in it. */
const PLOT_PX = 760 - 2 * 31 - 126 - 142;
const CHARACTER_PX = 7.2;

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

// clocks of Berlin and Lord Howe change, those of Havana at midnight
const ZONES = [undefined, 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Havana'];

it.each(ZONES)('labels of times are in order, inside, and do not meet, in %s', async (zone) => {
  const clock = await shownClock(zone);
  fc.assert(
    fc.property(spans, (span) => {
      const { from, to } = axisOf(span);
      const ticks = timeTicks(from, to, 7, clock);
      let free = 0;
      for (const { at, label, value } of ticks) {
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThan(1);
        expect(Number.isInteger(value)).toBe(true);
        const half = (label.length * CHARACTER_PX) / 2;
        const middle = isAtStart(at) ? at * PLOT_PX + half : at * PLOT_PX;
        expect(middle - half, `${label} of ${ticks.map((tick) => tick.label).join(' ')}`).toBeGreaterThanOrEqual(
          free - 1,
        );
        free = middle + half;
      }
    }),
    { numRuns: quick(100, 300) },
  );
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
