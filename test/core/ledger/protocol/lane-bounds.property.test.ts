import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundedLane } from '../../../../src/core/ledger/protocol/lane-bounds.ts';
import type { StoredFrame } from '../../../../src/core/model/events/commit.ts';

const sizes = fc.array(fc.record({ count: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 1, max: 50 }) }));

function framesOf(all: readonly { count: number; bytes: number }[]): StoredFrame[] {
  let offset = 0;
  return all.map(({ count, bytes }) => {
    const frame = { partition: 0, offset, count, firstTime: 0, lastTime: 0, key: null, body: Buffer.alloc(bytes) };
    offset += count;
    return { ...frame, sequence: frame.offset + 1 };
  });
}

it('gives whole frames in order, one at least, and takes none beyond those that reach the bounds', () => {
  fc.assert(
    fc.property(sizes, fc.nat(30), fc.nat(12), fc.nat(120), (all, fromSequence, events, bytes) => {
      const frames = framesOf(all);
      let taken = 0;
      const source = (function* () {
        for (const frame of frames) {
          taken++;
          yield frame;
        }
      })();
      const lane = boundedLane(source, { partition: 0, fromSequence, events, bytes });
      expect(lane).toEqual(frames.slice(0, taken).map((frame) => ({ firstSequence: frame.sequence, frames: [frame] })));
      // a frame that begins earlier counts for nothing: how much of it is wanted is not known
      const wanted = frames.slice(0, taken).filter(({ sequence }) => sequence >= fromSequence);
      const sums = (some: readonly StoredFrame[]) => ({
        events: some.reduce((sum, { count }) => sum + count, 0),
        bytes: some.reduce((sum, { body }) => sum + body.length, 0),
      });
      const [withLast, withoutLast] = [sums(wanted), sums(wanted.slice(0, -1))];
      if (taken < frames.length) expect(withLast.events >= events || withLast.bytes >= bytes).toBe(true);
      if (wanted.length > 1) expect(withoutLast.events < events && withoutLast.bytes < bytes).toBe(true);
      if (frames.length > 0) expect(lane.length).toBeGreaterThan(0);
    }),
  );
});
