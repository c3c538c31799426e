/** Where input bytes come from: a source writes them straight into the reader's memory, so that volume is copied once less. */

import { Readable } from 'node:stream';
import { LedgerError } from '../../model/ledger-error.ts';
import { PieceEncoder } from './piece-encoder.ts';

/** The reader, as a source sees it. */
export interface ByteSink {
  /** Memory for the next bytes: at least one of them, at most `bytesMax`. What is written there counts once it has arrived. */
  room(bytesMax: number): Buffer;
  /** So many bytes stand at the start of `room`, the one given last. False: wait for {@link ByteSource.resume} before more arrive. */
  arrived(room: Uint8Array, bytes: number): boolean;
  /** No more will come, because of `error` or because that was all. The first word counts. */
  ended(error?: unknown): void;
}

export interface ByteSource {
  /** Whether its bytes come without waiting for a producer, as those of a file do: a chunk is filled before it is cut, so the same input makes the same commits. */
  readonly isPrompt: boolean;
  /** Called once, before anything else. */
  start(sink: ByteSink): void;
  /** After `arrived` has answered with false. */
  resume(): void;
  /** What is still told to the sink after this is not heard. */
  close(): void;
}

/** A stream's or an iterable's pieces, copied to where the reader wants them. */
export class StreamSource implements ByteSource {
  readonly isPrompt: boolean;
  readonly #stream: Readable;
  #sink: ByteSink | undefined;
  /** What is left of the pieces that came in while the reader had enough. */
  #waiting: Uint8Array[] = [];
  #isPaused = false;
  readonly #encoder = new PieceEncoder();
  #end: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Uint8Array | string>, { isPrompt = false }: { isPrompt?: boolean } = {}) {
    this.isPrompt = isPrompt;
    this.#stream = source instanceof Readable ? source : Readable.from(source);
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    this.#stream.on('data', this.#onData);
    this.#stream.on('end', this.#onEnd);
    this.#stream.on('error', this.#onError);
    this.#stream.on('close', this.#onClose);
  }

  resume(): void {
    this.#isPaused = false;
    this.#deliver();
    if (!this.#isPaused) this.#stream.resume();
  }

  close(): void {
    this.#sink = undefined;
    this.#stream.off('data', this.#onData);
    this.#stream.destroy();
  }

  readonly #onData = (piece: unknown): void => {
    if (this.#end !== undefined) return;
    try {
      this.#waiting.push(this.#encoder.encode(piece));
      this.#deliver();
    } catch (error) {
      this.#endWith(error);
    }
  };

  #deliver(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    while (this.#waiting.length > 0 && !this.#isPaused) {
      const piece = this.#waiting[0] as Uint8Array;
      if (piece.length === 0) {
        this.#waiting.shift();
        continue;
      }
      const room = sink.room(piece.length);
      const bytes = Math.min(room.length, piece.length);
      room.set(piece.subarray(0, bytes));
      if (bytes === piece.length) this.#waiting.shift();
      else this.#waiting[0] = piece.subarray(bytes);
      this.#isPaused = !sink.arrived(room, bytes);
    }
    if (this.#isPaused) this.#stream.pause();
    else if (this.#end !== undefined) sink.ended(this.#end.error);
  }

  readonly #onEnd = (): void => {
    this.#waiting.push(this.#encoder.end());
    this.#endWith(undefined);
  };

  readonly #onError = (error: unknown): void => this.#endWith(error);

  /** A stream that closes before it ends has lost what it had still to say. */
  readonly #onClose = (): void => this.#endWith(closedEarly());

  #endWith(error: unknown): void {
    this.#end ??= { error };
    this.#deliver();
  }
}

/** Of a source that went away before its end. */
export function closedEarly(): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', {
    message: 'the input was closed before its end',
    hint: 'what was read whole is committed; emit the rest from there',
  });
}
