/** Copies the pieces of an iterable into the reader's memory, and asks for the next one only when the reader wants more. */

import type { ByteSink, ByteSource } from './byte-source.ts';

/** Unlike a Node stream it has no buffer, so a failure of the iterable comes after every piece before it. */
export class IterableSource implements ByteSource {
  readonly isPrompt: boolean;
  readonly #pieces: AsyncIterable<Uint8Array>;
  #isClosed = false;
  #onResume: (() => void) | undefined;

  /** A piece may be reused when the next one is asked for. */
  constructor(pieces: AsyncIterable<Uint8Array>, isPrompt: boolean) {
    this.#pieces = pieces;
    this.isPrompt = isPrompt;
  }

  start(sink: ByteSink): void {
    this.#deliver(sink).then(
      () => sink.ended(),
      (error: unknown) => sink.ended(error),
    );
  }

  resume(): void {
    this.#onResume?.();
  }

  close(): void {
    this.#isClosed = true;
    this.#onResume?.();
  }

  async #deliver(sink: ByteSink): Promise<void> {
    for await (const piece of this.#pieces) {
      for (let at = 0; at < piece.length && !this.#isClosed; ) {
        const room = sink.room(piece.length - at);
        const bytes = Math.min(room.length, piece.length - at);
        room.set(piece.subarray(at, at + bytes));
        at += bytes;
        if (!sink.arrived(room, bytes)) await this.#resumed();
      }
      if (this.#isClosed) return;
    }
  }

  #resumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onResume = resolve;
    });
  }
}
