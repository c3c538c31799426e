/** Laws of the codec: a body comes back whichever way it is stored, and a stored body that was altered never comes back as another one. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameBodyWriter } from '../../../src/core/frames/frame-body.ts';
import { decodeBody, encodeBody, zstdText } from '../../../src/core/frames/frame-codec.ts';
import { formatCompression, parseCompression, readCompression } from '../../../src/core/model/compression.ts';
import { quick } from '../../support/test-size.ts';

const event = fc.tuple(fc.nat(5), fc.nat(10_000), fc.json());
const body = fc.array(event, { minLength: 1, maxLength: 60 }).map((events) => {
  const writer = new FrameBodyWriter();
  let sequence = 0;
  for (const [step, time, payload] of events) {
    const bytes = Buffer.from(payload);
    writer.append(sequence, time, bytes, 0, bytes.length);
    sequence += step + 1;
  }
  return writer.take();
});
const compression = fc.option(fc.integer({ min: 1, max: 19 }).map((level) => ({ codec: 'zstd', level }) as const));

test('a body comes back from what is stored of it, and is compressed only where that saves an eighth', () => {
  let compressed = 0;
  fc.assert(
    fc.property(body, compression, (plain, setting) => {
      const stored = encodeBody(plain, setting);
      expect(decodeBody(stored).equals(plain)).toBe(true);
      if (stored.plainBytes === null) {
        expect(stored.bytes).toBe(plain);
        return;
      }
      compressed++;
      expect(setting).not.toBeNull();
      expect(stored.plainBytes).toBe(plain.length);
      expect(plain.length).toBeGreaterThanOrEqual(512);
      expect(stored.bytes.length).toBeLessThanOrEqual((plain.length * 7) / 8);
      expect(zstdText(stored.bytes)).toBe(plain.toString());
    }),
    { numRuns: quick(100, 1000) },
  );
  expect(compressed).toBeGreaterThan(10);
});

test('a body that was compressed again, at any level, is the same body', () => {
  fc.assert(
    fc.property(body, fc.integer({ min: 1, max: 19 }), fc.integer({ min: 1, max: 19 }), (plain, one, other) => {
      const first = decodeBody(encodeBody(plain, { codec: 'zstd', level: one }));
      expect(decodeBody(encodeBody(first, { codec: 'zstd', level: other })).equals(plain)).toBe(true);
    }),
    { numRuns: quick(50, 300) },
  );
});

test('an altered stored body is refused with a fact, or decodes to the body', () => {
  const large = body.filter((plain) => encodeBody(plain, { codec: 'zstd', level: 1 }).plainBytes !== null);
  fc.assert(
    fc.property(large, fc.nat(), fc.nat({ max: 7 }), fc.integer({ min: -3, max: 3 }), (plain, at, bit, off) => {
      const { bytes, plainBytes } = encodeBody(plain, { codec: 'zstd', level: 1 });
      const altered = Buffer.from(bytes);
      altered[at % altered.length] = (altered[at % altered.length] as number) ^ (1 << bit);
      const declared = (plainBytes as number) + off;
      try {
        expect(decodeBody({ bytes: altered, plainBytes: declared }).equals(plain)).toBe(true);
        expect(declared).toBe(plain.length);
      } catch (error) {
        expect((error as Error).message).toMatch(/compressed body/);
      }
    }),
    { numRuns: quick(200, 3000) },
  );
});

test('what does not fit its frame is refused', () => {
  const plain = Buffer.from(`[[0,0,"${'x'.repeat(600)}"]]`);
  const stored = encodeBody(plain, { codec: 'zstd', level: 1 });
  expect(() => decodeBody({ ...stored, plainBytes: null })).toThrow(
    'the body is compressed, and its frame does not say so',
  );
  expect(() => decodeBody({ bytes: plain, plainBytes: plain.length })).toThrow('does not begin as a zstd frame');
  expect(() => decodeBody({ ...stored, plainBytes: plain.length + 1 })).toThrow(
    `the compressed body has ${plain.length} bytes, and its frame declares ${plain.length + 1}`,
  );
  expect(() => decodeBody({ ...stored, plainBytes: 2 ** 40 })).toThrow('more than a compressed body may have');
});

test('a body over 64 MiB is stored plain, because readers refuse larger compressed ones', () => {
  const plain = Buffer.alloc(64 * 1024 * 1024 + 1, 'x');
  const stored = encodeBody(plain, { codec: 'zstd', level: 1 });
  // not toEqual(), which compares byte by byte
  expect(stored.bytes).toBe(plain);
  expect(stored.plainBytes).toBeNull();
  const largest = plain.subarray(1);
  expect(decodeBody(encodeBody(largest, { codec: 'zstd', level: 1 })).equals(largest)).toBe(true);
});

test('the text of a compression is read back', () => {
  for (const text of ['none', 'zstd:1', 'zstd:19']) expect(formatCompression(parseCompression(text))).toBe(text);
  expect(parseCompression('zstd')).toEqual({ codec: 'zstd', level: 1 });
  for (const text of ['', 'zstd:', 'zstd:0', 'zstd:20', 'zstd:1.5', 'zstd:-1', 'zstd: 1', 'gzip', 'ZSTD', 'zstd:019'])
    expect(readCompression(text), text).toBeUndefined();
  expect(() => parseCompression('gzip')).toThrow('compression cannot be gzip');
});
