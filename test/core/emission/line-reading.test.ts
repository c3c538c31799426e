/** Lines of plain text as events, and carriage returns that are kept: the same however the bytes are cut. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textEvents, withReturns } from '../../../src/core/emission/input/line-reading.ts';
import { cutInto, flowing, pieceSizes } from '../../support/pieces.ts';

const LIMIT = 1024;

async function gathered(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}

async function events(
  input: Buffer,
  sizes: readonly number[] = [input.length || 1],
  keepsReturns = false,
): Promise<unknown[]> {
  const reading = { isText: true, keepsReturns };
  const bytes = await gathered(textEvents(flowing(cutInto(input, sizes)), reading, LIMIT));
  return bytes
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe('text', () => {
  it.each([
    ['', []],
    ['a\nb', [{ message: 'a' }, { message: 'b' }]],
    ['a\r\nb\r\n', [{ message: 'a' }, { message: 'b' }]],
    ['\n\na\n', [{ message: '' }, { message: '' }, { message: 'a' }]],
    ['\ufeffa\n\ufeffb\n', [{ message: 'a' }, { message: '\ufeffb' }]],
    ['\u001b[31m"x"\\\t\u0000\u2028\n', [{ message: '\u001b[31m"x"\\\t\u0000\u2028' }]],
    ['{"a":1}\n', [{ message: '{"a":1}' }]],
  ])('%j', async (input, expected) => {
    for (const sizes of [[1], [2, 3], [100]]) expect(await events(Buffer.from(input), sizes)).toEqual(expected);
  });

  it('keeps bytes that are not UTF-8 beside their text', async () => {
    const input = Buffer.from([0x61, 0xff, 0x62, 0x0d, 0x0a, 0x63, 0x0a]);
    expect(await events(input)).toEqual([
      { message: 'a\ufffdb', bytes: Buffer.from([0x61, 0xff, 0x62]).toString('base64') },
      { message: 'c' },
    ]);
    expect(await events(input, [1], true)).toEqual([
      { message: 'a\ufffdb\r', bytes: Buffer.from([0x61, 0xff, 0x62, 0x0d]).toString('base64') },
      { message: 'c' },
    ]);
  });

  it('passes on a line that is too long without gathering it, and the lines around it whole', async () => {
    const long = 'ä"'.repeat(LIMIT);
    for (const sizes of [[1], [700], [100_000]]) {
      const read = (await events(Buffer.from(`a\n${long}\nb\n${long}`), sizes)) as { message: string }[];
      expect(read.map(({ message }) => Math.min(message.length, LIMIT))).toEqual([1, LIMIT, 1, LIMIT]);
    }
  });

  it('reads the lines of any bytes, in any pieces, and loses none of them', async () => {
    const bytes = fc.array(
      fc.oneof(fc.constantFrom(10, 13, 0x61, 0x22, 0xc3, 0xa4, 0xef, 0xbb, 0xbf, 0xff), fc.nat(255)),
      { maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(bytes, pieceSizes, async (input, sizes) => {
        const read = (await events(Buffer.from([0x78, ...input]), sizes, true)) as {
          message: string;
          bytes?: string;
        }[];
        const lines = read.map(({ message, bytes: original }) =>
          original === undefined ? Buffer.from(message) : Buffer.from(original, 'base64'),
        );
        const joined = Buffer.concat(lines.flatMap((line, nth) => (nth === 0 ? [line] : [Buffer.from('\n'), line])));
        expect(joined).toEqual(Buffer.from([0x78, ...(input.at(-1) === 10 ? input.slice(0, -1) : input)]));
      }),
    );
  });
});

it('carriage returns before line ends are doubled, in any pieces', async () => {
  const text = fc.string({ unit: fc.constantFrom('\r', '\n', 'a') });
  await fc.assert(
    fc.asyncProperty(text, pieceSizes, async (input, sizes) => {
      const doubled = await gathered(withReturns(flowing(cutInto(Buffer.from(input), sizes))));
      expect(doubled.toString()).toBe(input.replace(/\r(?=\n|$)/g, '\r\r'));
    }),
  );
});
