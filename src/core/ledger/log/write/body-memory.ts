/**
 * Memory for the bodies of messages, used again once a message is stored. With new memory for each, 0.8 MB a message, V8 collected all garbage every twenty
 * messages: a fifth of an emitter's processor time.
 */

/** Memory for the bodies of one message or frame; of any content. */
export type TakeMemory = (bytes: number) => Buffer;

/** Shorter bodies are left to the garbage collector. */
const KEPT_FROM_BYTES = 64 * 1024;
/** What is given back beyond this is not kept: a writer has 8 MiB on their way at most. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;
/** Bodies of chunks differ a little in length: rounded up, the memory of one fits most others. */
const STEP_BYTES = 128 * 1024;

export class BodyMemory {
  readonly #taken = new WeakSet<ArrayBufferLike>();
  /** The one given back last is taken first: few are used where few are on their way. */
  readonly #free: ArrayBufferLike[] = [];
  #freeBytes = 0;

  readonly take: TakeMemory = (bytes) => {
    if (bytes < KEPT_FROM_BYTES) return Buffer.allocUnsafe(bytes);
    const memory = this.#reused(bytes) ?? Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES).buffer;
    this.#taken.add(memory);
    return Buffer.from(memory, 0, bytes);
  };

  /** Nothing reads the body any more. One that was not taken here, or was given back, is ignored. */
  give({ buffer }: Buffer): void {
    if (!this.#taken.delete(buffer) || this.#freeBytes + buffer.byteLength > KEPT_BYTES_MAX) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.byteLength;
  }

  #reused(bytes: number): ArrayBufferLike | undefined {
    const at = this.#free.findLastIndex(({ byteLength }) => byteLength >= bytes);
    const [memory] = at < 0 ? [] : this.#free.splice(at, 1);
    this.#freeBytes -= memory?.byteLength ?? 0;
    return memory;
  }
}
