/** Packs the pins of a draft for another thread: a memory for each column would be megabytes of garbage. */

import type { DraftedPins } from '../../../model/routing/session-pins.ts';

/** Their columns as bytes, the widest numbers first: packed from the start of a memory, each is aligned for its numbers. */
export function pinColumns({ lastSeen, lastSeenBefore, ends, partitions, keys }: DraftedPins): Uint8Array[] {
  return [lastSeen, lastSeenBefore, ends, partitions, keys].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
}

/** The pins over a memory that begins with their columns. */
export function pinsOver(
  memory: ArrayBuffer,
  { count, keyBytes }: { readonly count: number; readonly keyBytes: number },
): DraftedPins {
  const lastSeen = new Float64Array(memory, 0, count);
  const lastSeenBefore = new Float64Array(memory, lastSeen.byteLength, count);
  const ends = new Uint32Array(memory, lastSeenBefore.byteOffset + lastSeenBefore.byteLength, count);
  const partitions = new Uint16Array(memory, ends.byteOffset + ends.byteLength, count);
  const keys = new Uint8Array(memory, partitions.byteOffset + partitions.byteLength, keyBytes);
  return { count, keys, ends, partitions, lastSeen, lastSeenBefore };
}
