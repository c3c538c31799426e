/** Packs bodies for another thread: one after another in one memory, which is transferred and reused. */

/** Copies the bodies into `memory`, or into a larger one if they do not fit. */
export function packBodies(bodies: readonly Uint8Array[], memory?: ArrayBuffer): ArrayBuffer {
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const target = memory !== undefined && memory.byteLength >= bytes ? memory : new ArrayBuffer(Math.ceil(bytes * 1.25));
  const into = new Uint8Array(target);
  let at = 0;
  for (const body of bodies) {
    into.set(body, at);
    at += body.length;
  }
  return target;
}

/** Hands out the bodies over the memory, in the order in which they were packed. */
export class PackedBodies {
  readonly #memory: ArrayBuffer;
  #at: number;

  constructor(memory: ArrayBuffer, from = 0) {
    this.#memory = memory;
    this.#at = from;
  }

  next(bytes: number): Buffer {
    const body = Buffer.from(this.#memory, this.#at, bytes);
    this.#at += bytes;
    return body;
  }
}
