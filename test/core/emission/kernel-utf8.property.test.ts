/** Strings that are not ASCII, which the kernel validates sixteen bytes at a time: it finds the reference's faults at the same places. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KernelScanner } from '../../../src/core/scan/kernel-scanner.ts';
import { readStrictly } from '../../support/json-oracle.ts';
import { ChunkScan, expectSameRecords } from '../../support/scan.ts';
import { quick } from '../../support/test-size.ts';

const LINE_FEED = 0x0a;
const QUOTE = 0x22;

const reference = new ChunkScan(['a']);
const kernel = new ChunkScan(['a'], {}, (plan) => new KernelScanner(plan));

/** Returns how many of the lines have no fault. */
function expectSameScan(lines: readonly Buffer[]): number {
  const chunk = Buffer.concat(lines.flatMap((line) => [line, Buffer.from([LINE_FEED])]));
  const expected = reference.scan(chunk);
  expectSameRecords(kernel.scan(chunk), expected);
  for (const { payload, fault } of expected) {
    if ((readStrictly(payload) !== null) !== (fault === 'NONE'))
      expect.fail(`${fault} of ${payload.toString('latin1')} (as latin1)`);
  }
  return expected.filter(({ fault }) => fault === 'NONE').length;
}

test('every pair of bytes, behind any length of text and before any number of bytes that continue', () => {
  const continued = [[], [0x80], [0xbf, 0x80], [0x80, 0x80, 0x80], [0x41, 0x80]];
  let sound = 0;
  for (let lead = 0x80; lead <= 0xff; lead++) {
    const lines: Buffer[] = [];
    for (let second = quick(0x70, 0); second <= 0xff; second++) {
      if (second === LINE_FEED) continue;
      for (const more of quick([continued[(lead + second) % 5] as number[]], continued)) {
        const before = Buffer.alloc((lead * 5 + second) % 34, 'x');
        lines.push(Buffer.from([QUOTE, ...before, lead, second, ...more, QUOTE]));
      }
    }
    sound += expectSameScan(lines);
  }
  expect(sound).toBeGreaterThan(quick(500, 2_500));
});

const SEQUENCES = ['\u007f', '\u0080', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'];
const BROKEN = [
  [0x80],
  [0xbf, 0xbf],
  [0xc1, 0x80],
  [0xc2],
  [0xe0, 0x9f, 0xbf],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x8f, 0x80, 0x80],
  [0xf0, 0x9f, 0x90],
  [0xf1],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xff],
];

test('text of any script with escapes and faults, in keys, fields and values, after lines that end in a lead', () => {
  const sound = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...SEQUENCES).map((text) => Buffer.from(text)) },
    { weight: 3, arbitrary: fc.nat(20).map((length) => Buffer.alloc(length, 'z')) },
    { weight: 1, arbitrary: fc.constantFrom('\\n', '\\u00e4', '\\"', '\\\\').map((text) => Buffer.from(text)) },
  );
  const broken = fc.oneof(
    fc.constantFrom(...BROKEN).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('\u0001', '\\x', '\\u12', '\\', '"').map((text) => Buffer.from(text)),
  );
  const piece = fc.oneof({ weight: 40, arbitrary: sound }, { weight: 1, arbitrary: broken });
  const text = fc.array(piece, { maxLength: 24 }).map((pieces) => Buffer.concat(pieces));
  const line = fc
    .tuple(text, text, text, fc.constantFrom([], [0xe2], [0xf1], [0xf1, 0x80]))
    .map(([key, field, value, end]) =>
      Buffer.concat([
        Buffer.from('{"'),
        key,
        Buffer.from('":1,"a":"'),
        field,
        Buffer.from('","b":["'),
        value,
        Buffer.from('"]}'),
        Buffer.from(end),
      ]),
    );
  let accepted = 0;
  let all = 0;
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), fc.boolean(), (lines, isBare) => {
      // a string as the whole line: before it are the bytes of another
      const given = isBare
        ? lines.flatMap((one, nth) => [one, Buffer.from(nth % 2 === 0 ? '"\u00e4"' : '"\u0080"')])
        : lines;
      accepted += expectSameScan(given);
      all += given.length;
    }),
    { numRuns: quick(200, 5_000) },
  );
  expect(accepted).toBeGreaterThan(all / 10);
  expect(accepted).toBeLessThan(all);
});
