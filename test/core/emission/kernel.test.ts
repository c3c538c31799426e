/** The kernel against the reference: scans of extreme chunks, and whole drafts of keys and times of every kind. */

import { describe, expect, it } from 'vitest';
import { BufferPool, type SharedBuffer } from '../../../src/core/emission/input/buffer-pool.ts';
import { CHUNK_BYTES } from '../../../src/core/emission/input/chunk.ts';
import { parseFieldPath } from '../../../src/core/model/text/field-path.ts';
import { KernelScanner } from '../../../src/core/scan/kernel-scanner.ts';
import { bothEncoders, draftOf } from '../../support/both-encoders.ts';
import { MUTATED_PATHS } from '../../support/mutated-lines.ts';
import { ChunkScan, expectSameRecords, type ScanLimits } from '../../support/scan.ts';
import { type Seeded, seededForTest } from '../../support/seeded.ts';
import { quick } from '../../support/test-size.ts';

const LINE_FEED = Buffer.from('\n');

const joined = (lines: readonly Buffer[]) => Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]));

function bothScans(limits: ScanLimits = {}): [ChunkScan, ChunkScan] {
  return [
    new ChunkScan(MUTATED_PATHS, limits),
    new ChunkScan(MUTATED_PATHS, limits, (plan) => new KernelScanner(plan)),
  ];
}

describe('the scan of the kernel', () => {
  it.each([
    ['lines of one byte, more than its tables hold at first', Buffer.from('1\n'.repeat(quick(20_000, 200_000)))],
    ['blank lines alone', Buffer.from('\n \r\n\t\n'.repeat(50_000))],
    ['a line of several chunks', Buffer.from(`{"id":"${'x'.repeat(quick(2, 8) * CHUNK_BYTES)}"}\n{"id":1}\n`)],
    [
      'nesting to the limit and beyond',
      joined([512, 513].map((depth) => Buffer.from('['.repeat(depth) + ']'.repeat(depth)))),
    ],
    [
      'every first byte',
      joined(Array.from({ length: 256 }, (_, byte) => Buffer.from([byte === 0x0a ? 0x20 : byte, 0x31]))),
    ],
    [
      'every byte in a string',
      joined(Array.from({ length: 256 }, (_, byte) => Buffer.from([0x22, byte === 0x0a ? 0x20 : byte, 0x22]))),
    ],
    [
      'strings that end at every place of a vector',
      joined(Array.from({ length: 70 }, (_, length) => Buffer.from(`{"id":"${'y'.repeat(length)}"}`))),
    ],
  ])('is the scan of the reference on %s', (_, chunk) => {
    const [reference, kernel] = bothScans({ lineBytesMax: 32 * 1024 * 1024 });
    expectSameRecords(kernel.scan(chunk), reference.scan(chunk));
  });

  it('finds the same lines too long', () => {
    const [reference, kernel] = bothScans({ lineBytesMax: 10 });
    const chunk = Buffer.from('"12345678"\n"123456789"\r\n"12345678"\r\n{"id":1,"id":2}\n[[[[[[[[[[[\n');
    expectSameRecords(kernel.scan(chunk), reference.scan(chunk));
  });
});

const KEYS = [
  '"a"',
  '"acme"',
  '"größe"',
  '"\\u0061"',
  '""',
  '1',
  '-1',
  '0',
  '-0',
  '1.0',
  '1e2',
  '12345678901234567890',
  'true',
  'false',
  'null',
  '{}',
  '[]',
  '9'.repeat(64),
  '9'.repeat(65),
];
const TIMES = [
  '1517363399',
  '1517363399650',
  '1517363399650123',
  '1517363399650123456',
  '-1.5',
  '0',
  '-0',
  '1.5e3',
  '4503599627370496',
  '4503599627370497',
  '99999999999999999999',
  '"2026-02-28T23:59:59.1234567Z"',
  '"2026-02-30T00:00:00Z"',
  '"2024-02-29t12:00:00+02:00"',
  '"2026-04-12 09:00:00-23:59"',
  '"1900-02-29T00:00:00Z"',
  '"2026-04-12T09:00:00"',
  '"2026-04-12T24:00:00Z"',
  '"2026-13-01T00:00:00Z"',
  '"0001-01-01T00:00:00Z"',
  '"2026-04-12T09:00:00.Z"',
  '"2026-04-12T09:00:00\\u005a"',
  '"soon"',
  '""',
  'true',
  'null',
  '{}',
];

/** A line with a key and a time, or without one of them; with other digits now and then. */
function checkedLine(random: Seeded): Buffer {
  const scattered = (text: string) =>
    text.replace(/[0-9]/g, (digit) => (random.between(0, 9) === 0 ? String(random.between(0, 9)) : digit));
  const parts = [
    random.between(0, 30) === 0 ? null : `"k":${random.pick(KEYS)}`,
    random.between(0, 30) === 0 ? null : `"t":${scattered(random.pick(TIMES))}`,
    `"pad":"${'z'.repeat(random.between(0, 40))}"`,
  ].filter((part) => part !== null);
  return Buffer.from(`{${parts.join(',')}}`);
}

const IN_ORDER = [0, 1, 2, 3, 4, 5, 6];

describe('the encoder of the kernel', () => {
  it.each([
    ['by a field, with times', 'hash:k', { time: parseFieldPath('t') }],
    ['by a field, stopping at a bad line', 'hash:k', { time: parseFieldPath('t'), onBadLine: 'stop' as const }],
    ['by a field, as they arrive', 'hash:k', {}],
    ['by the whole payload', 'hash', {}],
    ['by a field, over partitions that are not in the order of their ids', 'hash:k', {}, [9, 2, 0, 31, 5]],
    ['by session, over partitions that are not in the order of their ids', 'sticky:k', {}, [9, 2, 0, 31, 5]],
    ['by a field that may be missing', 'hash:k,missing=rest', { time: parseFieldPath('t') }],
    ['by range', 'range:k=-5,0,1,100,101,1e40', { time: parseFieldPath('t') }],
    ['by two fields', 'composite:k+t', { time: parseFieldPath('t') }],
    ['by session', 'sticky:k', { time: parseFieldPath('t') }],
    ['by session that may be idle or missing', 'sticky:k,idle=1s,missing=rest', { time: parseFieldPath('t') }],
    ['by session as they arrive', 'sticky:k', {}],
    ['with a key given to them', 'hash:k', { time: parseFieldPath('t'), override: { key: 'acme', to: null } }],
    ['with a session given to them', 'sticky:k', { override: { key: 'acme', to: null } }],
    ['sent to a partition', 'sticky:k', { time: parseFieldPath('t'), override: { key: null, to: 'rest' } }],
  ])(
    'makes the draft of the reference %s, where the chunk is shared, too',
    (_, routing, settings, partitionIds = IN_ORDER) => {
      const random = seededForTest();
      const shared = new BufferPool(1, CHUNK_BYTES).acquire() as SharedBuffer;
      const [reference, kernel] = bothEncoders(settings, routing, partitionIds);
      let events = 0;
      let bad = 0;
      for (let round = 0; round < quick(25, 60); round++) {
        const bytes = joined(Array.from({ length: 300 }, () => checkedLine(random)));
        const floor = random.pick([-(2 ** 52), 0, 1_517_363_399_650_123, 1_800_000_000_000_000]);
        const given = { routing, floor, partitionIds };
        const made = [reference, kernel].map((encoder) => draftOf(encoder, bytes, given));
        expect(made[1]).toEqual(made[0]);
        expect(draftOf(kernel, bytes, given, shared)).toEqual(made[0]);
        events += made[0]?.draft?.count ?? 0;
        bad += made[0]?.badLines.length ?? 0;
      }
      expect(events).toBeGreaterThan(0);
      if (routing.includes('=') || 'time' in settings) expect(bad).toBeGreaterThan(quick(12, 30));
    },
  );
});
