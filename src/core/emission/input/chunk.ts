/** A chunk: consecutive whole lines, the unit of work between reader and committer. */

/** Target size of a chunk. */
export const CHUNK_BYTES = 2 * 1024 * 1024;
/** A chunk of at least this size means volume, which justifies a writing thread. */
export const VOLUME_BYTES = CHUNK_BYTES / 2;

/** Chunk buffers in rotation: a chunk stays valid until this many more were produced. */
export const CHUNKS_KEPT = 5;

/** Lines ready to be scanned. The memory is reused after {@link CHUNKS_KEPT} more chunks. */
export interface Chunk {
  readonly bytes: Buffer;
  /** The lines are `bytes[start, end)`; the last byte is a line feed. */
  readonly start: number;
  readonly end: number;
  /** Position of byte 0 in the input, and the position at which the input continues after the chunk. */
  readonly position: number;
  readonly nextPosition: number;
  /** Time of each line if it is known from outside the payload; no time is read from the payload then. */
  readonly times?: Float64Array | undefined;
  /** The call of each row of its scan, where several calls share the chunk. */
  readonly callOfRow?: Uint32Array | undefined;
}
