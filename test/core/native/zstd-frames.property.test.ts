import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compress } from '../../../src/core/native/zstd.ts';
import { cutAtFrames } from '../../../src/core/native/zstd-frames.ts';
import { cutInto, flowing, pieceSizes } from '../../support/pieces.ts';
import { quick } from '../../support/test-size.ts';

/** A frame that decoders pass over. */
function skippable(bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a57, 0);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

const contents = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.nat(300_000).map((length) => Buffer.alloc(length, 'x')),
  fc.nat(300_000).map((length) => Buffer.from(Array.from({ length }, (_, at) => (at * 7919) >> 3))),
);
const frame = fc.oneof(
  contents.map((bytes) => compress(Buffer.from(bytes), 1)),
  fc.uint8Array({ maxLength: 50 }).map(skippable),
);

function endsOf(pieces: readonly Buffer[]): number[] {
  let end = 0;
  return pieces.map((piece) => {
    end += piece.length;
    return end;
  });
}

async function cutsOf(pieces: readonly Buffer[]): Promise<Buffer[]> {
  const cuts: Buffer[] = [];
  for await (const piece of cutAtFrames(flowing(pieces))) cuts.push(piece);
  return cuts;
}

it('no piece goes on behind the end of a frame, and none is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 5 }), pieceSizes, async (frames, sizes) => {
      const cuts = await cutsOf(cutInto(Buffer.concat(frames), sizes));
      expect(Buffer.concat(cuts).equals(Buffer.concat(frames))).toBe(true);
      const ends = new Set(endsOf(cuts));
      for (const end of endsOf(frames)) expect(ends).toContain(end);
    }),
    { numRuns: quick(60, 500) },
  );
});

it('bytes that end within a frame are cut short', async () => {
  const whole = Buffer.concat([compress(Buffer.from('x'.repeat(500)), 1), skippable(Buffer.from('note'))]);
  const first = compress(Buffer.from('x'.repeat(500)), 1).length;
  for (let length = 1; length < whole.length; length++) {
    const cut = cutsOf([whole.subarray(0, length)]);
    if (length === first) await cut;
    else await expect(cut, String(length)).rejects.toThrow('unexpected end of a frame');
  }
});
