/** An input whose bytes the system writes into the reader's memory, as it does with those of a pipe. */

import type { ByteSink, ByteSource } from '../../src/core/emission/input/byte-source.ts';

const PIPE_BYTES = 64 * 1024;

/** As a socket of Node: it asks for memory as soon as the bytes before have arrived, also when it is to pause, and fills that when it goes on. */
export class DirectInput implements ByteSource {
  readonly isPrompt = false;
  readonly isDirect = true;
  readonly #bytes: Buffer;
  readonly #pieceBytes: () => number;
  #at = 0;
  #sink: ByteSink | undefined;
  #room: Buffer | undefined;
  #isPaused = false;

  /** `pieceBytes`: of the next bytes that arrive at once. */
  constructor(bytes: Buffer, pieceBytes: () => number = () => PIPE_BYTES) {
    this.#bytes = bytes;
    this.#pieceBytes = pieceBytes;
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    this.#room = sink.room(PIPE_BYTES);
    setImmediate(this.#go);
  }

  resume(): void {
    this.#isPaused = false;
    setImmediate(this.#go);
  }

  close(): void {
    this.#sink = undefined;
  }

  readonly #go = (): void => {
    // a few pieces a turn, as from a pipe that is filled meanwhile
    for (let piece = 0; piece < 4 && !this.#isPaused; piece++) {
      const sink = this.#sink;
      const room = this.#room;
      if (sink === undefined || room === undefined) return;
      const bytes = this.#bytes.copy(room, 0, this.#at, this.#at + Math.min(room.length, this.#pieceBytes()));
      if (bytes === 0) return sink.ended();
      this.#at += bytes;
      this.#isPaused = !sink.arrived(room, bytes);
      this.#room = sink.room(PIPE_BYTES);
    }
    if (!this.#isPaused) setImmediate(this.#go);
  };
}
