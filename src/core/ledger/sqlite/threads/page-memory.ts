/**
 * Memory of the bodies of one page, which travels to another thread and back. Compressed bodies are decoded straight into it, small ones are copied at the
 * end, and large ones travel in the memory in which SQLite's module gave them.
 */

import type { HashedFrame } from '../../protocol/link-check.ts';
import type { BodyTarget } from '../read/body-target.ts';

/** Pages have up to 4 MiB of bodies, and all of a commit: see `read.ts`. */
const FIRST_BYTES = 5 * 1024 * 1024;

/** From this size on, in bytes, passing on a body's own memory costs less than copying it. */
const OWN_FROM_BYTES = 16 * 1024;

export interface FilledMemory {
  readonly memory: ArrayBuffer;
  /** Of each body: its byte offset, and its own memory unless it is in that of the page. */
  readonly places: readonly { readonly start: number; readonly own: ArrayBuffer | null }[];
}

export class PageMemory implements BodyTarget {
  #memory: ArrayBuffer;
  #end = 0;
  readonly isHashed: boolean;
  readonly #leavesHashes: boolean;
  /** Hashes that the receiver compares, by body. */
  readonly #left = new Map<Buffer, Buffer>();

  /**
   * `memory`: that of an earlier page, whose bodies are not used any more. `isHashed`: the page is verified. `leavesHashes`: those of the bodies that were
   * decoded into the memory, to the receiver.
   */
  constructor(
    memory: ArrayBuffer | null,
    { isHashed, leavesHashes }: { readonly isHashed: boolean; readonly leavesHashes: boolean },
  ) {
    this.#memory = memory ?? new ArrayBuffer(FIRST_BYTES);
    this.isHashed = isHashed;
    this.#leavesHashes = leavesHashes;
  }

  take(bytes: number): Buffer | null {
    const start = this.#end;
    if (start + bytes > this.#memory.byteLength) return null;
    this.#end += bytes;
    return Buffer.from(this.#memory, start, bytes);
  }

  leaves({ body, hash }: HashedFrame): boolean {
    const isLeft = this.#leavesHashes && this.#holds(body);
    if (isLeft) this.#left.set(body, hash);
    return isLeft;
  }

  /** The hash that the receiver must compare with the body; null if that was done. */
  hashOf(body: Buffer): Buffer | null {
    return this.#left.get(body) ?? null;
  }

  /** Copies those of the bodies that are elsewhere and small. If they do not fit, all in the memory move to a larger one. */
  fill(bodies: readonly Buffer[]): FilledMemory {
    const sum = (some: readonly Buffer[]): number => some.reduce((bytes, { length }) => bytes + length, 0);
    const here = bodies.filter((body) => !isOwn(body));
    if (this.#end + sum(here.filter((body) => !this.#holds(body))) > this.#memory.byteLength) {
      this.#memory = new ArrayBuffer(Math.ceil(sum(here) * 1.25));
      this.#end = 0;
    }
    const places = bodies.map((body) => {
      if (isOwn(body)) return { start: 0, own: body.buffer as ArrayBuffer };
      if (this.#holds(body)) return { start: body.byteOffset, own: null };
      const start = this.#end;
      new Uint8Array(this.#memory, start, body.length).set(body);
      this.#end += body.length;
      return { start, own: null };
    });
    return { memory: this.#memory, places };
  }

  #holds(body: Buffer): boolean {
    return body.buffer === this.#memory;
  }
}

/** Whether a body has memory of its own that can be passed on. */
function isOwn({ length, buffer }: Buffer): boolean {
  return length >= OWN_FROM_BYTES && length === buffer.byteLength;
}
