/** Numbers and times that the kernel reads and writes eight bytes at once, and what it keeps from line to line. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFieldPath } from '../../../src/core/model/text/field-path.ts';
import { KernelScanner } from '../../../src/core/scan/kernel-scanner.ts';
import { bothEncoders, draftOf } from '../../support/both-encoders.ts';
import { ChunkScan, expectSameRecords } from '../../support/scan.ts';
import { seededForTest } from '../../support/seeded.ts';
import { quick } from '../../support/test-size.ts';

const FLOOR = -(2 ** 52);
const PARTITIONS = [0, 1, 2];
const SETTINGS = { time: parseFieldPath('t'), maxSkewMicros: 2 ** 52 };

/** Both drafts of lines with these times as JSON, of which some are not readable; the encoders stay from run to run. */
function expectSameDrafts(times: fc.Arbitrary<string>, numRuns: number): void {
  const routing = 'hash:k';
  const [reference, kernel] = bothEncoders(SETTINGS, routing, PARTITIONS);
  let events = 0;
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 40 }), (given) => {
      const bytes = Buffer.from(given.map((time, nth) => `{"k":${nth},"t":${time}}\n`).join(''));
      const [expected, found] = [reference, kernel].map((encoder) =>
        draftOf(encoder, bytes, { routing, floor: FLOOR, partitionIds: PARTITIONS }),
      );
      expect(found).toEqual(expected);
      events += expected?.draft?.count ?? 0;
    }),
    { numRuns },
  );
  expect(events).toBeGreaterThan(numRuns);
}

test('times of few minutes, spelled in any way and in any order', () => {
  const minute = fc.constantFrom(
    '2026-04-12T09:00',
    '2026-04-12T09:01',
    '2026-05-12T09:00',
    '1999-04-12T09:00',
    '2026-04-12t09:00',
    '2026-04-12 09:00',
    '2025-02-29T09:00',
    '2026-04-12T24:00',
    '2026-04-12T09:60',
    '0000-01-01T00:00',
    '9999-12-31T23:59',
    '2026-04-12x09:00',
  );
  const second = fc.constantFrom(':00', ':07', ':59', ':60', ':61', ':6:', ';00', ':0a', ':/9', '');
  const fraction = fc.constantFrom('', '.000', '.999', ',123', '.12', '.1234567', '.1:3', '.12/', '.');
  const zone = fc.constantFrom('Z', 'z', '', '+00:00', '-02:30', '+0100', '[', 'ZZ');
  const any = fc.tuple(minute, second, fraction, zone).map((parts) => JSON.stringify(parts.join('')));
  const usual = fc
    .tuple(minute, fc.integer({ min: 0, max: 61_999 }))
    .map(([text, millis]) => JSON.stringify(`${text}:${(millis / 1000).toFixed(3).padStart(6, '0')}Z`));
  expectSameDrafts(fc.oneof(usual, any), quick(150, 5000));
});

test('times and their differences as numbers of any length', () => {
  const number = fc
    .tuple(fc.constantFrom('', '', '-'), fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.integer({ min: 1, max: 21 }))
    .map(([sign, value, digits]) => `${sign}${value % 10n ** BigInt(digits)}`);
  const border = fc
    .tuple(fc.integer({ min: 0, max: 18 }), fc.integer({ min: -1, max: 1 }))
    .map(([exponent, more]) => String(10n ** BigInt(exponent) + BigInt(more)));
  const text = fc
    .oneof(number, border, fc.stringMatching(/^[0-9/:.]{7,18}$/))
    .map((spelled) => JSON.stringify(spelled));
  expectSameDrafts(fc.oneof(number, border, text), quick(150, 5000));
});

test('sequences of any length, and time deltas that rise, stay and cross each number of digits', () => {
  const routing = 'hash:k';
  const [reference, kernel] = bothEncoders(SETTINGS, routing, PARTITIONS);
  const random = seededForTest();
  for (const growth of [1.0001, 1.01, 3]) {
    let time = 1_700_000_000_000_000;
    const lines = Array.from({ length: quick(11_000, 110_000) }, (_, nth) => {
      time = Math.min(time + Math.floor(Math.min(growth ** nth, 10 ** 9) * random.between(0, 2)), 2 ** 52);
      return `{"k":${random.between(0, 99)},"t":${time}}\n`;
    });
    const bytes = Buffer.from(lines.join(''));
    const [expected, found] = [reference, kernel].map((encoder) =>
      draftOf(encoder, bytes, { routing, floor: FLOOR, partitionIds: PARTITIONS }),
    );
    expect(found?.draft?.frames).toEqual(expected?.draft?.frames);
    expect(expected?.draft?.count).toBe(lines.length);
  }
});

test('a field of an earlier line is in no later one, whatever number of fields is asked for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 32 }),
      fc.array(fc.array(fc.integer({ min: 0, max: 33 }), { maxLength: 6 }), { minLength: 1, maxLength: 60 }),
      (slots, lines) => {
        const paths = Array.from({ length: slots }, (_, nth) => `f${nth}`);
        const chunk = Buffer.from(
          lines.map((fields) => `{${[...new Set(fields)].map((nth) => `"f${nth}":${nth}`).join(',')}}\n`).join(''),
        );
        const kernel = new ChunkScan(paths, {}, (plan) => new KernelScanner(plan));
        const reference = new ChunkScan(paths).scan(chunk);
        expectSameRecords(kernel.scan(chunk), reference);
        // the second time the tables are full of the first
        const turned = Buffer.from(chunk.toString().trim().split('\n').reverse().join('\n').concat('\n'));
        expectSameRecords(kernel.scan(turned), new ChunkScan(paths).scan(turned));
      },
    ),
    { numRuns: quick(60, 2000) },
  );
});
