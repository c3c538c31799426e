/** Compressed input: the lines are those of the plain input, however the bytes are cut, and a bomb takes no memory. */

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkReader } from '../../../src/core/emission/input/chunk-reader.ts';
import { openSource } from '../../../src/core/emission/input/open-source.ts';
import { contentKind } from '../../../src/core/model/content-kind.ts';
import { compress } from '../../../src/core/native/zstd.ts';
import { cutInto, flowing, pieceSizes } from '../../support/pieces.ts';
import { rejectionOf } from '../../support/refusals.ts';
import { quick } from '../../support/test-size.ts';

const CODECS = { gzip: (bytes: Buffer) => gzipSync(bytes), zstd: (bytes: Buffer) => compress(bytes, 1) } as const;
const LIMITS = { chunkBytes: 4096, lineBytesMax: 1024 };

/** All bytes that the reader hands out. @throws what it throws, with the bytes before it in `read` */
async function readAll(pieces: readonly Buffer[], read: Buffer[] = [], limits = LIMITS): Promise<Buffer> {
  const reader = new ChunkReader(openSource({ name: 'in', open: () => flowing(pieces) }), limits);
  try {
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next())
      read.push(Buffer.from(chunk.bytes.subarray(0, chunk.nextPosition - chunk.position)));
  } finally {
    reader.close();
  }
  return Buffer.concat(read);
}

describe.each(Object.entries(CODECS))('%s', (codec, encode) => {
  it('is decoded, in any pieces and of any number of members', async () => {
    const lines = fc.array(fc.stringMatching(/^[a-z]{0,300}$/), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(lines, { minLength: 1, maxLength: 4 }), pieceSizes, async (members, sizes) => {
        const plain = members.map((each) => Buffer.from(each.map((line) => `${line}\n`).join('')));
        const input = Buffer.concat(plain.map(encode));
        expect(await readAll(cutInto(input, sizes))).toEqual(Buffer.concat(plain));
      }),
      { numRuns: quick(60, 500) },
    );
  });

  it('that is cut short yields every whole line before, and the position', async () => {
    const plain = Buffer.from(Array.from({ length: 3000 }, (_, nth) => `{"n":${nth * 7919}}\n`).join(''));
    const input = encode(plain);
    for (const length of [input.length - 1, input.length - 9, input.length >> 1, 30]) {
      const read: Buffer[] = [];
      const error = await rejectionOf(readAll([input.subarray(0, length)], read));
      expect(error.code).toBe('INPUT_UNREADABLE');
      expect(error.message).toBe(`in: the ${codec} data end early, after ${length} compressed bytes`);
      const taken = Buffer.concat(read);
      expect(taken).toEqual(plain.subarray(0, taken.length));
      expect(taken.length === 0 || taken.at(-1) === 0x0a).toBe(true);
      if (length > input.length - 9) expect(taken.length).toBeGreaterThan(0);
    }
  });

  it('that is damaged is named', async () => {
    const good = encode(Buffer.from('{"n":1}\n'.repeat(500)));
    const bad = encode(Buffer.from(Array.from({ length: 500 }, (_, nth) => `{"n":${nth}}\n`).join('')));
    bad.fill(0xff, bad.length >> 1, (bad.length >> 1) + 40);
    const read: Buffer[] = [];
    const error = await rejectionOf(readAll([good, bad], read));
    expect(error.message).toMatch(
      new RegExp(`^in: the ${codec} data are damaged, within their first \\d+ compressed bytes: `),
    );
    expect(Buffer.concat(read).length).toBeGreaterThanOrEqual(4000);
  });

  it('of one line without an end is bounded by the line limit', async () => {
    const input = encode(Buffer.alloc(quick(64, 512) * 1024 * 1024, 'x'));
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const reader = new ChunkReader(openSource({ name: 'in', open: () => flowing([input]) }), LIMITS);
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      expect(chunk.end).toBeLessThan(2 * LIMITS.chunkBytes);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    reader.close();
    expect(most).toBeLessThan(16 * 1024 * 1024);
  });
});

it('zero bytes after gzip are padding, anything else is named', async () => {
  const input = gzipSync('{"n":1}\n');
  expect((await readAll([input, Buffer.alloc(512)])).toString()).toBe('{"n":1}\n');
  expect((await rejectionOf(readAll([input, Buffer.from('rest of something')]))).message).toContain('are damaged');
});

it.each([
  ['', 'plain'],
  ['{"a":1}', 'plain'],
  ['{', 'plain'],
  ['1', 'plain'],
  ['\ufeff{}', 'plain'],
  ['(x', 'plain'],
  ['BZ', 'plain'],
  ['PK', 'plain'],
])('%j is %s', (text, kind) => {
  expect(contentKind(Buffer.from(text), true).kind).toBe(kind);
});

it('names zero bytes, which are no text in UTF-32', async () => {
  const error = await rejectionOf(readAll(cutInto(Buffer.alloc(4096), [4096])));
  expect(error.code).toBe('INPUT_UNREADABLE');
  expect(error.message).toBe('in is zero bytes at its beginning, and not JSON lines in UTF-8');
  expect(error.hint).toBe('restore an intact copy: nothing was written there, or it was lost');
});

it('decides by as few bytes as it can', () => {
  expect(contentKind(Buffer.from('{')).kind).toBe('more');
  expect(contentKind(Buffer.from('{"')).kind).toBe('plain');
  expect(contentKind(Buffer.from([0x1f])).kind).toBe('more');
  expect(contentKind(Buffer.from([0x1f, 0x8b])).kind).toBe('compressed');
});

it.each([
  ['UTF-16', Buffer.from('\ufeff{"a":1}\n', 'utf16le')],
  ['UTF-16', Buffer.from('{"a":1}\n', 'utf16le')],
  ['UTF-16', Buffer.from('{"a":1}\n', 'utf16le').swap16()],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0])],
  ['UTF-32', Buffer.from([0, 0, 0, 0x7b])],
  ['UTF-32', Buffer.from([0x7b, 0, 0, 0])],
  ['xz', Buffer.from([0xfd, ...Buffer.from('7zXZ'), 0, 1, 2])],
  ['bzip2', Buffer.from('BZh91AY&SYxx')],
  ['lz4', Buffer.from([0x04, 0x22, 0x4d, 0x18, 1])],
  ['zip', Buffer.from('PK\u0003\u0004xx')],
  ['JSON text sequence', Buffer.from('\u001e{}\n')],
])('%s is named, from one piece and from single bytes', async (name, input) => {
  for (const sizes of [[input.length], [1]]) {
    const error = await rejectionOf(readAll(cutInto(input, sizes)));
    expect(error.code).toBe('INPUT_UNREADABLE');
    expect(error.message).toContain(name);
    expect(error.hint).toMatch(/^convert it: .+ < in \| completengine emit$/);
  }
});
