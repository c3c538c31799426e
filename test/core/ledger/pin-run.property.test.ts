/** A run of pins is read as it was written, and one that is damaged ends in an error of the ledger. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePins, PinRunReader } from '../../../src/core/ledger/sqlite/write/pin-run.ts';
import { NO_TIME } from '../../../src/core/model/time/time.ts';
import { draftedPins } from '../../support/drafted-pins.ts';
import { quick } from '../../support/test-size.ts';

const pin = fc.record({
  session: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.string({ minLength: 100, maxLength: 300 })),
  partition: fc.nat(65_535),
  lastSeen: fc.oneof(
    fc.integer({ min: -4_400_000_000_000_000, max: 4_400_000_000_000_000 }),
    fc.integer({ min: 1_700_000_000_000_000, max: 1_700_000_100_000_000 }),
  ),
});

function read(
  fromTime: number | null,
  pins: Buffer,
): { session: string; partition: number; lastSeen: number | null }[] {
  const reader = new PinRunReader({ fromTime, pins });
  const found = [];
  while (reader.next())
    found.push({
      session: pins.toString('utf8', reader.keyStart, reader.keyEnd),
      partition: reader.partition,
      lastSeen: reader.lastSeen === NO_TIME ? null : reader.lastSeen,
    });
  return found;
}

test('a run is read as it was written', () => {
  fc.assert(
    fc.property(fc.array(pin, { minLength: 1, maxLength: 40 }), fc.boolean(), (pins, hasTimes) => {
      const { fromTime, pins: bytes } = encodePins(draftedPins(pins), hasTimes);
      expect(read(fromTime, bytes)).toEqual(
        pins.map(({ session, partition, lastSeen }) => ({
          session: Buffer.from(session).toString(),
          partition,
          lastSeen: hasTimes ? lastSeen : null,
        })),
      );
    }),
    { numRuns: quick(100, 1000) },
  );
});

test('a run of any bytes ends, or is an error of the ledger', () => {
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.array(fc.constantFrom(0, 1, 127, 128, 255), { maxLength: 60 }),
  );
  fc.assert(
    fc.property(any, fc.option(fc.integer()), (bytes, fromTime) => {
      const pins = Buffer.from(bytes);
      try {
        // a length and a partition at least
        expect(read(fromTime, pins).length).toBeLessThanOrEqual(pins.length / 2);
      } catch (error) {
        expect(error).toMatchObject({ code: 'VERIFICATION_FAILED' });
      }
    }),
    { numRuns: quick(500, 20_000) },
  );
});
