/** Memory of the bodies of one page, which travels to another thread and back. Compressed bodies are decoded straight into it, others are copied at the end. */

import type { HashedFrame } from '../../protocol/link-check.ts';
import type { BodyTarget } from '../read/body-target.ts';

/** Pages have up to 4 MiB of bodies, and all of a commit: see `read.ts`. */
const FIRST_BYTES = 5 * 1024 * 1024;

export interface FilledMemory {
  readonly memory: ArrayBuffer;
  /** Byte offset of each body. */
  readonly starts: readonly number[];
}

export class PageMemory implements BodyTarget {
  #memory: ArrayBuffer;
  #end = 0;
  #hasDecoded = false;
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
    this.#hasDecoded = true;
    return Buffer.from(this.#memory, start, bytes);
  }

  /** Whether bodies were decoded into it. */
  get isDecodedInto(): boolean {
    return this.#hasDecoded;
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

  /** Copies those of the bodies that are elsewhere. If they do not fit, all bodies move to a larger memory. */
  fill(bodies: readonly Buffer[]): FilledMemory {
    const sum = (some: readonly Buffer[]): number => some.reduce((bytes, { length }) => bytes + length, 0);
    if (this.#end + sum(bodies.filter((body) => !this.#holds(body))) > this.#memory.byteLength) {
      this.#memory = new ArrayBuffer(Math.ceil(sum(bodies) * 1.25));
      this.#end = 0;
    }
    const starts = bodies.map((body) => {
      if (this.#holds(body)) return body.byteOffset;
      const start = this.#end;
      new Uint8Array(this.#memory, start, body.length).set(body);
      this.#end += body.length;
      return start;
    });
    return { memory: this.#memory, starts };
  }

  #holds(body: Buffer): boolean {
    return body.buffer === this.#memory;
  }
}
