/** Inputs in pieces: how a stream cuts bytes must not matter to anyone. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';

/** Sizes of pieces, repeated until the bytes are used up. */
export const pieceSizes = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 }),
  fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }),
  fc.constant([Number.MAX_SAFE_INTEGER]),
);

/** The bytes in pieces of these sizes, each in a separate buffer. */
export function cutInto(bytes: Uint8Array, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + (sizes[pieces.length % sizes.length] as number));
    pieces.push(Buffer.from(bytes.subarray(start, end)));
    start = end;
  }
  return pieces;
}

/** The pieces one after the other, as fast as they are consumed. */
export async function* flowing<Piece>(pieces: Iterable<Piece>): AsyncGenerator<Piece> {
  yield* pieces;
}

/** The pieces with a pause before each one: so that a reader receives them one by one. */
export async function* trickling<Piece>(pieces: Iterable<Piece>): AsyncGenerator<Piece> {
  for (const piece of pieces) {
    for (let turn = 0; turn < 6; turn++) await nextTurn();
    yield piece;
  }
}
