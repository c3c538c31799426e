import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHUNK_BYTES, chunkBytesFor, chunksKeptFor } from '../../../src/core/emission/input/chunk.ts';

it('keeps more of smaller chunks, in no more memory than the largest take', () => {
  const largest = chunksKeptFor(CHUNK_BYTES) * CHUNK_BYTES;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 * CHUNK_BYTES }), (commitBytesMax) => {
      const chunkBytes = Math.max(1, chunkBytesFor(commitBytesMax));
      const kept = chunksKeptFor(chunkBytes);
      expect(kept * chunkBytes).toBeLessThanOrEqual(largest);
      // one is filled, one is sent, and one at least is in flight
      expect(kept).toBeGreaterThanOrEqual(3);
      expect(kept).toBeGreaterThanOrEqual(chunksKeptFor(CHUNK_BYTES));
    }),
  );
});
