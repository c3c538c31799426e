/**
 * Memory for chunks and the bodies made of them, shared with the writing thread, which reads the bodies where they are. A reader acquires a buffer and fills it. It
 * goes with its chunk, and is released once the chunk is completed: its commit has bound the bodies then, or was given up. A chunk that finds no buffer free, or
 * does not fit into one, is read into memory of its own.
 */

import { frameBound } from '../../frames/frame-bound.ts';
import { align, KernelMemory } from '../../kernel/load.ts';

/** Lines of a chunk. More are shorter than 22 bytes, and the room of their bodies would be twice as large. */
export const SHARED_LINES_MAX = 96 * 1024;

/** Memory for one chunk and its bodies. */
export interface SharedBuffer {
  readonly pool: BufferPool;
  readonly input: Buffer;
  /** Address of the bodies in the pool's memory. */
  readonly bodiesAt: number;
}

export class BufferPool {
  /** Shared with other threads; the buffers are at its start. */
  readonly memory = new KernelMemory<unknown>({ isShared: true });
  /** The first address behind the buffers. */
  readonly end: number;
  readonly #free: SharedBuffer[] = [];
  #isRetired = false;

  /** `count`: of buffers, each for `inputBytes` of lines. */
  constructor(count: number, inputBytes: number) {
    const bodiesFrom = align(inputBytes);
    const bufferBytes = bodiesFrom + align(frameBound(SHARED_LINES_MAX, inputBytes));
    const { start } = this.memory;
    this.end = start + count * bufferBytes;
    // all of it at once: pages take memory when they are written to, not before
    this.memory.reserve(this.end);
    for (let at = start; at < this.end; at += bufferBytes) {
      const input = Buffer.from(this.memory.buffer, at, inputBytes);
      this.#free.push({ pool: this, input, bodiesAt: at + bodiesFrom });
    }
  }

  /** Null if none is free. The one released last comes first: few are used where few are needed. */
  acquire(): SharedBuffer | null {
    return (this.#isRetired ? undefined : this.#free.pop()) ?? null;
  }

  /** Once nothing reads or writes the buffer any more. */
  release(buffer: SharedBuffer): void {
    this.#free.push(buffer);
  }

  /** Lends no more buffers: the lines of this input are too short for them. */
  retire(): void {
    this.#isRetired = true;
  }
}
