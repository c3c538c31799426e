/** The end of an interval without its day is the next time that clocks show it. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { formatTime, type Micros } from '../../../src/core/model/time/time.ts';
import { readTimeInterval } from '../../../src/core/model/time/time-interval.ts';
import { DAY_MICROS, type TimeZone, timeZone } from '../../../src/core/model/time/time-zone.ts';
import { quick } from '../../support/test-size.ts';

const MINUTE = 60_000_000;
/** Clocks that change at night, at midnight and by half an hour, a zone that skipped a date, and two that never change. */
const ZONES = [
  ...['UTC', 'Asia/Kolkata', 'Europe/Berlin', 'America/Havana'],
  ...['America/Sao_Paulo', 'Australia/Lord_Howe', 'Pacific/Apia'],
];
const minutes = fc.integer({ min: 0, max: 24 * 60 - 1 });
// half of the days are near a change of clocks
const days = fc.oneof(
  fc.integer({ min: Date.UTC(2009, 0, 1) / 86_400_000, max: Date.UTC(2030, 0, 1) / 86_400_000 }),
  fc
    .tuple(
      fc.constantFrom('2011-12-29', '2018-11-03', '2026-03-28', '2026-04-04', '2026-10-24'),
      fc.integer({ min: -1, max: 2 }),
    )
    .map(([date, more]) => Date.parse(date) / 86_400_000 + more),
);

const clock = (minute: number) => formatTime(minute * MINUTE).slice(11, 16);
const date = (day: number) => formatTime(day * DAY_MICROS).slice(0, 10);

/** The first instant from `start` on at which clocks show a time for the first time on a day; by trying each day. */
function nextTime(zone: TimeZone, start: Micros, day: number, minute: number): Micros {
  for (let later = 0; ; later++) {
    const instant = zone.instantOf((day + later) * DAY_MICROS + minute * MINUTE);
    if (instant !== null && instant >= start) return instant;
  }
}

it('is the next one, or is refused because the zone skips it', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ZONES), days, minutes, minutes, async (name, day, from, to) => {
      const zone = await timeZone(name);
      const start = zone.instantOf(day * DAY_MICROS + from * MINUTE);
      const text = `${date(day)}T${clock(from)}/${clock(to)}`;
      const read = await readTimeInterval(text, { now: 0, zone: name }).catch((error: unknown) => error);
      if (start === null || read instanceof LedgerError) {
        expect(read, text).toMatchObject({ code: 'INVALID_TIME', message: expect.stringContaining('does not exist') });
        return;
      }
      found++;
      expect(read, text).toEqual({ first: start, last: nextTime(zone, start, day, to) - 1 });
    }),
    { numRuns: quick(300, 3000) },
  );
  expect(found).toBeGreaterThan(100);
});
