/** Laws of compressed bodies: what was compressed comes back, and no damage of a frame gives a crash, or other content. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compress, decompress } from '../../../src/core/native/zstd.ts';
import { quick } from '../../support/test-size.ts';
import { nodeZstd, packageZstd } from '../../support/zstd.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 5000 }),
  // compressible: parts that come again
  fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 400 })).map(([part, times]) => {
    const repeated = Buffer.alloc(part.length * times);
    for (let at = 0; at < times; at++) repeated.set(part, at * part.length);
    return new Uint8Array(repeated);
  }),
);
const both = [packageZstd, ...(nodeZstd === null ? [] : [nodeZstd])];

test('every implementation reads the frames of every other', () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 19 }), (plain, level) => {
      for (const from of both)
        for (const to of both)
          expect(Buffer.compare(to.decompress(from.compress(plain, level), plain.length), plain)).toBe(0);
    }),
    { numRuns: quick(50, 500) },
  );
});

test('a damaged frame is refused, or has the content that was compressed', () => {
  let refused = 0;
  fc.assert(
    fc.property(
      bytes,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 7 })), { minLength: 1, maxLength: 3 }),
      (plain, flips) => {
        const frame = compress(plain, 1);
        for (const [at, bit] of flips) frame[at % frame.length] = (frame[at % frame.length] ?? 0) ^ (1 << bit);
        try {
          expect(Buffer.compare(decompress(frame, plain.length), plain)).toBe(0);
        } catch (error) {
          expect((error as Error).message).toMatch(/compressed body/);
          refused++;
        }
      },
    ),
    { numRuns: quick(300, 5000) },
  );
  expect(refused).toBeGreaterThan(quick(50, 500));
});
