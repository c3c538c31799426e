/** Bodies on their way between threads: one behind the other in one memory, which changes hands and is used again. */

/** Copies the bodies into `memory`, or into a larger one where they do not fit. */
export function packBodies(bodies: readonly Buffer[], memory?: ArrayBuffer): ArrayBuffer {
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const target = memory !== undefined && memory.byteLength >= bytes ? memory : new ArrayBuffer(Math.ceil(bytes * 1.25));
  const into = Buffer.from(target);
  let at = 0;
  for (const body of bodies) at += body.copy(into, at);
  return target;
}

/** Hands out the bodies over the memory, in the order in which they were packed. */
export class PackedBodies {
  readonly #memory: ArrayBuffer;
  #at = 0;

  constructor(memory: ArrayBuffer) {
    this.#memory = memory;
  }

  next(bytes: number): Buffer {
    const body = Buffer.from(this.#memory, this.#at, bytes);
    this.#at += bytes;
    return body;
  }
}
