/**
 * The hash that assigns partitions: the values that Kafka publishes for its own, and the partitions of a topic of the
 * same size.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hashPartition, murmur2 } from '../../../src/core/model/routing/murmur2.ts';

const hashOfText = (text: string) => murmur2(Buffer.from(text), 0, Buffer.byteLength(text));

// org.apache.kafka.common.utils.UtilsTest, testMurmur2
it.each([
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
])('hashes %s as Kafka does', (text, hash) => {
  expect(hashOfText(text)).toBe(hash);
});

it('depends on nothing but the bytes, wherever they lie', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 9 }),
      fc.uint8Array({ maxLength: 9 }),
      (bytes, before, after) => {
        const inside = Buffer.concat([before, bytes, after]);
        expect(murmur2(inside, before.length, before.length + bytes.length)).toBe(murmur2(bytes, 0, bytes.length));
      },
    ),
  );
});

it('gives a signed number of 32 bits, and a partition that there is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 256 }), (bytes, count) => {
      const hash = murmur2(bytes, 0, bytes.length);
      expect(hash).toBe(hash | 0);
      const partition = hashPartition(bytes, 0, bytes.length, count);
      expect(partition).toBe(Number(BigInt.asUintN(31, BigInt(hash)) % BigInt(count)));
    }),
  );
});

it('changes with every single byte of a key', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 24 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, place, change) => {
        const other = Uint8Array.from(bytes);
        const at = place % bytes.length;
        other[at] = (bytes[at] as number) ^ change;
        expect(murmur2(other, 0, other.length)).not.toBe(murmur2(bytes, 0, bytes.length));
      },
    ),
  );
});
