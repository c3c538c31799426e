/** A chunk: consecutive whole lines, the unit of work between reader and committer. */

import type { Anchor } from '../../model/events/head.ts';
import type { SharedBuffer } from './buffer-pool.ts';

/** Target size of a chunk, in a ledger that takes commits of any size. */
export const CHUNK_BYTES = 2 * 1024 * 1024;
/** Target size of a chunk for a ledger whose commits have frames of at most this many bytes: frames are somewhat longer than their lines. */
export function chunkBytesFor(commitBytesMax: number): number {
  return Math.min(CHUNK_BYTES, Math.floor((commitBytesMax * 3) / 4));
}

/** A chunk of at least half the target means volume, which justifies a writing thread. */
export function isVolume({ start, end }: Pick<Chunk, 'start' | 'end'>, commitBytesMax: number): boolean {
  return end - start >= chunkBytesFor(commitBytesMax) / 2;
}

/** Chunk buffers in rotation, where chunks are {@link CHUNK_BYTES} long. */
const CHUNKS_KEPT = 5;
const CHUNKS_KEPT_MAX = 16;

/** Chunk buffers in rotation: a chunk stays valid until this many more were produced. Of smaller chunks there are more, in the same memory. */
export function chunksKeptFor(chunkBytes: number): number {
  return Math.min(CHUNKS_KEPT_MAX, Math.floor((CHUNKS_KEPT * CHUNK_BYTES) / chunkBytes));
}

/** Lines ready to be scanned. The memory is reused after {@link chunksKeptFor} more chunks, or once its shared buffer is released. */
export interface Chunk {
  readonly bytes: Buffer;
  /** The buffer whose input `bytes` are; released when the chunk is completed. */
  readonly shared?: SharedBuffer | undefined;
  /** The lines are `bytes[start, end)`; the last byte is a line feed. */
  readonly start: number;
  readonly end: number;
  /** Position of byte 0 in the input, and the position at which the input continues after the chunk. */
  readonly position: number;
  readonly nextPosition: number;
  /** Time of each line if it is known from outside the payload; no time is read from the payload then. */
  readonly times?: Float64Array | undefined;
  /** Its commit is made only at this head. */
  readonly expectedHead?: Anchor | undefined;
  /** The call of each row of its scan, where several calls share the chunk. */
  readonly callOfRow?: Uint32Array | undefined;
}
