/** Times in a zone: whatever the zone and the time, the text is the same instant, in RFC 3339, and what clocks there show. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTime, readRfc3339, type TimeReading } from '../../../src/core/model/time/time.ts';
import { timeZone } from '../../../src/core/model/time/time-zone.ts';
import { timeTextIn } from '../../../src/core/model/time/zoned-time-text.ts';
import { quick } from '../../support/test-size.ts';

const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
// 1840 to 2100
const instants = fc.integer({ min: -4_102_444_800e6, max: 4_102_444_800e6 });

test('the text is the same instant in every zone', async () => {
  await fc.assert(
    fc.asyncProperty(zones, fc.array(instants, { minLength: 1, maxLength: 20 }), async (name, times) => {
      const zone = await timeZone(name);
      const text = timeTextIn(zone);
      for (const time of times) {
        const written = Buffer.from(text(time));
        const reading: TimeReading = { time: 0, fault: undefined };
        readRfc3339(written, 0, written.length, reading);
        expect(reading).toEqual({ time, fault: undefined });
        // a local mean time with seconds is shown to the minute
        const shown = Date.parse(`${written.toString().slice(0, 19)}Z`) * 1000;
        const micros = time - Math.floor(time / 1e6) * 1e6;
        expect(Math.abs(shown + micros - zone.localAt(time))).toBeLessThan(60e6);
      }
    }),
    { numRuns: quick(60, 1000) },
  );
});

test('UTC is written with Z', async () => {
  expect(timeTextIn(await timeZone('UTC'))(0)).toBe(formatTime(0));
  expect(timeTextIn(await timeZone('utc'))(0)).toBe('1970-01-01T00:00:00.000000Z');
  expect(timeTextIn(await timeZone('Asia/Kathmandu'))(1_700_000_000_250_000)).toBe('2023-11-15T03:58:20.250000+05:45');
});
