/** Whole lines of an input that travel through emission together, and how many bytes of them: what a reader hands out and everyone behind it takes. */

/** What a chunk aims at. */
export const CHUNK_BYTES = 2 * 1024 * 1024;
/** A chunk of at least this size means volume, which is worth a writing thread. */
export const VOLUME_BYTES = CHUNK_BYTES / 2;

/** How many chunks whoever makes them has handed out before it uses the memory of the first one again. */
export const CHUNKS_KEPT = 5;

/** Ready to be scanned. Its memory is used again after {@link CHUNKS_KEPT} more. */
export interface Chunk {
  readonly bytes: Buffer;
  /** The lines are `bytes[start, end)`; the last byte is a line feed. */
  readonly start: number;
  readonly end: number;
  /** Where byte 0 lies in the input, and where the input goes on behind the chunk. */
  readonly position: number;
  readonly nextPosition: number;
  /** The time of each line, where it is known beside the payload; then none is read from it. */
  readonly times?: Float64Array | undefined;
  /** The call of each row of its scan, where several calls share the chunk. */
  readonly callOfRow?: Uint32Array | undefined;
}
