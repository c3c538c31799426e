/** Pieces of a byte source that wait for a consumer which asks for them one by one. */

const PIECE_BYTES = 256 * 1024;
/** One is being consumed, and the next is there when that is done. */
const WAITING_MAX = 2;

export class PieceQueue implements AsyncIterable<Buffer> {
  readonly #resume: () => void;
  readonly #waiting: Buffer[] = [];
  #isPaused = false;
  #end: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** `resume`: called when more pieces are wanted after {@link push} has returned false. */
  constructor(resume: () => void) {
    this.#resume = resume;
  }

  /** Memory for the next piece. */
  room(bytesMax: number): Buffer {
    return Buffer.allocUnsafeSlow(Math.min(bytesMax, PIECE_BYTES));
  }

  /** Adds the first bytes of a room. Returns false if no more are wanted for now. */
  push(room: Uint8Array, bytes: number): boolean {
    this.#waiting.push(Buffer.from(room.buffer, room.byteOffset, bytes));
    this.#wake?.();
    this.#isPaused = this.#waiting.length >= WAITING_MAX;
    return !this.#isPaused;
  }

  end(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece !== undefined) {
        this.#goOn();
        yield piece;
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #goOn(): void {
    if (!this.#isPaused || this.#end !== undefined) return;
    this.#isPaused = false;
    this.#resume();
  }
}
