/** A source whose bytes are transformed on their way to the reader. */

import type { Codec } from '../../model/content-kind.ts';
import type { ByteSink, ByteSource } from './byte-source.ts';
import { IterableSource } from './iterable-source.ts';
import { PieceQueue } from './piece-queue.ts';

export class TransformedSource implements ByteSource {
  readonly isPrompt: boolean;
  readonly #source: ByteSource;
  readonly #queue: PieceQueue;
  readonly #transformed: IterableSource;

  constructor(source: ByteSource, transform: (pieces: AsyncIterable<Buffer>) => AsyncIterable<Uint8Array>) {
    this.isPrompt = source.isPrompt;
    this.#source = source;
    this.#queue = new PieceQueue(() => source.resume());
    this.#transformed = new IterableSource(transform(this.#queue), source.isPrompt);
  }

  get codec(): Codec | null | undefined {
    return this.#source.codec;
  }

  start(sink: ByteSink): void {
    this.#source.start({
      room: (bytesMax) => this.#queue.room(bytesMax),
      arrived: (room, bytes) => this.#queue.push(room, bytes),
      ended: (error) => this.#queue.end(error),
    });
    this.#transformed.start(sink);
  }

  resume(): void {
    this.#transformed.resume();
  }

  close(): void {
    this.#transformed.close();
    this.#queue.end(undefined);
    this.#source.close();
  }
}
