/** Runs are compacted to the newest pin of each session, where there are old ones enough; one that is damaged ends in an error of the ledger. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NumberedRun, newestPins } from '../../../src/core/ledger/sqlite/write/newest-pins.ts';
import { encodePins } from '../../../src/core/ledger/sqlite/write/pin-run.ts';
import { draftedPins, type TestPin } from '../../support/drafted-pins.ts';
import { keysOfOneHash } from '../../support/keys-of-one-hash.ts';
import { pinsOfRun } from '../../support/sessions.ts';
import { quick } from '../../support/test-size.ts';

const pin: fc.Arbitrary<TestPin> = fc.record({
  session: fc.oneof(
    fc.constantFrom('', 'a', 'aa', 'ü', 'b'.repeat(16), 'b'.repeat(17), 'c'.repeat(200)),
    fc.nat(9).map(String),
  ),
  partition: fc.constantFrom(0, 1, 127, 128, 16_384, 65_535),
  lastSeen: fc.oneof(
    fc.integer({ min: -4_400_000_000_000_000, max: 4_400_000_000_000_000 }),
    fc.integer({ min: 1_700_000_000_000_000, max: 1_700_000_100_000_000 }),
  ),
});

function numbered(pins: readonly TestPin[], hasTimes: boolean, last: number, epoch: number): NumberedRun {
  return { last, epoch, run: encodePins(draftedPins(pins, 'latin1'), hasTimes) };
}

/** Of all runs, in their order. */
function plain(runs: readonly NumberedRun[]) {
  const newest = new Map<string, unknown>();
  for (const { epoch, run } of runs)
    for (const { session, ...pin } of pinsOfRun({ from_time: run.fromTime, pins: run.pins }))
      newest.set(session, { ...pin, epoch });
  return newest;
}

test('the newest pin of each session stays, in a run for each epoch that sorts behind all of its pins', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(pin, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      fc.nat(3),
      (all, hasTimes, epochs) => {
        const epochOf = (nth: number) => 1 + Math.floor((nth * (epochs + 1)) / all.length);
        const runs = all.map((pins, nth) => numbered(pins, hasTimes, 10 * (nth + 1), epochOf(nth)));
        const expected = plain(runs);
        const newest = newestPins(runs);
        const count = all.flat().length;
        expect(newest === null).toBe(expected.size * 2 > count);
        if (newest === null) return;
        expect(plain(newest)).toEqual(expected);
        expect(newest.flatMap(({ run }) => pinsOfRun({ from_time: run.fromTime, pins: run.pins })).length).toBe(
          expected.size,
        );
        for (const { last, epoch } of newest)
          expect(last).toBe(Math.max(...runs.filter((run) => run.epoch === epoch).map((run) => run.last)));
      },
    ),
    { numRuns: quick(200, 5000) },
  );
});

test('keys that were chosen to have one hash are left as they are', () => {
  const pins = keysOfOneHash(2000).map((key) => ({ session: key.toString('latin1'), partition: 1, lastSeen: 1 }));
  const runs = [1, 2, 3].map((last) => numbered(pins, true, last, 1));
  expect(newestPins(runs)).toBeNull();
});

test('many pins are compacted, too', () => {
  const runs = Array.from({ length: 8 }, (_, nth) =>
    numbered(
      Array.from({ length: 5000 }, (_, at) => ({
        session: `session ${at}`,
        partition: at % 8,
        lastSeen: nth * 1e6 + at,
      })),
      true,
      nth + 1,
      1,
    ),
  );
  const newest = newestPins(runs) ?? [];
  expect(newest.length).toBe(1);
  expect(plain(newest)).toEqual(plain(runs));
});

test('runs of any bytes are compacted, or are an error of the ledger', () => {
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.array(fc.constantFrom(0, 1, 127, 128, 255), { maxLength: 60 }),
  );
  const run = fc.record({
    bytes: any,
    fromTime: fc.option(fc.oneof(fc.integer(), fc.constant(9_007_199_254_740_990))),
  });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 4 }), (all) => {
      try {
        const runs = all.map(({ bytes, fromTime }, nth) => ({
          last: nth + 1,
          epoch: 1,
          run: { fromTime, pins: Buffer.from(bytes) },
        }));
        const newest = newestPins(runs);
        if (newest !== null) expect(plain(newest)).toEqual(plain(runs));
      } catch (error) {
        expect(error).toMatchObject({ code: 'VERIFICATION_FAILED' });
      }
    }),
    { numRuns: quick(500, 20_000) },
  );
});
