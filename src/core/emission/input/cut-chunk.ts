/** Cuts a chunk into pieces whose commits are not longer than a ledger takes. Pure. */

import { EVENT_BYTES_MAX } from '../../frames/frame-body.ts';
import { LINE_FEED } from '../../model/text/bytes.ts';
import type { Chunk } from './chunk.ts';

/**
 * Pieces of whole lines, in order, over the chunk's memory: each makes frames of at most that many bytes, unless it is one line. The chunk itself where it is
 * short enough. A chunk with columns of its own (`times`, `callOfRow`) is not cut: it was made in a size that fits.
 */
export function* cutChunk(chunk: Chunk, commitBytesMax: number): Generator<Chunk, void, undefined> {
  const { bytes, start, end, position, nextPosition, times, callOfRow } = chunk;
  const isShort = (end - start) * EVENT_BYTES_MAX <= commitBytesMax;
  if (isShort || commitBytesMax === Number.POSITIVE_INFINITY || times !== undefined || callOfRow !== undefined) {
    yield chunk;
    return;
  }
  let pieceStart = 0;
  let size = 0;
  for (let at = start; at < end; ) {
    const feed = bytes.indexOf(LINE_FEED, at);
    const next = feed < 0 || feed >= end ? end : feed + 1;
    const added = next - at + EVENT_BYTES_MAX;
    if (size > 0 && size + added > commitBytesMax) {
      yield pieceOf(chunk, pieceStart, at, position + at);
      pieceStart = at;
      size = 0;
    }
    size += added;
    at = next;
  }
  // pieces may be in flight together, and a shared buffer has the bodies of one draft
  yield pieceStart === 0 ? chunk : pieceOf(chunk, pieceStart, end, nextPosition);
}

function pieceOf({ bytes, start, position }: Chunk, from: number, end: number, nextPosition: number): Chunk {
  const piece = { bytes: bytes.subarray(from, end), end: end - from, nextPosition };
  return { ...piece, start: from === 0 ? start : 0, position: position + from };
}
