import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Chunk } from '../../../src/core/emission/input/chunk.ts';
import { cutChunk } from '../../../src/core/emission/input/cut-chunk.ts';
import { EVENT_BYTES_MAX } from '../../../src/core/frames/frame-body.ts';

const PREFIX = '\u{feff}';

function chunkOf(lines: readonly string[], hasPrefix: boolean, position: number): Chunk {
  const prefix = hasPrefix ? PREFIX : '';
  const bytes = Buffer.from(prefix + lines.map((line) => `${line}\n`).join(''));
  const start = Buffer.byteLength(prefix);
  // the reader may have skipped the rest of a line that is too long
  return { bytes, start, end: bytes.length, position, nextPosition: position + bytes.length + 5 };
}

const text = ({ bytes, start, end }: Chunk) => bytes.toString('utf8', start, end);

it('cuts a chunk into whole lines whose frames fit, in order and without a gap', () => {
  const line = fc.string({ maxLength: 30 }).map((each) => each.replace(/[\r\n]/g, ''));
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      fc.nat(99),
      fc.integer({ min: 1, max: 400 }),
      (lines, hasPrefix, position, max) => {
        const chunk = chunkOf(lines, hasPrefix, position);
        const pieces = [...cutChunk(chunk, max)];
        expect(pieces.map(text).join('')).toBe(text(chunk));
        let next = position;
        for (const piece of pieces) {
          expect(piece.position).toBe(next);
          expect(text(piece).endsWith('\n')).toBe(true);
          const count = text(piece).split('\n').length - 1;
          if (count > 1) expect(piece.end - piece.start + count * EVENT_BYTES_MAX).toBeLessThanOrEqual(max);
          next = piece.nextPosition;
        }
        expect(next).toBe(chunk.nextPosition);
      },
    ),
  );
});

it('leaves a chunk as it is where commits may have any size, and one with columns of its own', () => {
  const chunk = chunkOf(['1', '2'], false, 0);
  expect([...cutChunk(chunk, Number.POSITIVE_INFINITY)]).toEqual([chunk]);
  const timed = { ...chunk, times: Float64Array.of(1, 2) };
  expect([...cutChunk(timed, 1)]).toEqual([timed]);
});
