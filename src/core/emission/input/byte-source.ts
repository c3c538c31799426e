/** A byte source writes input straight into the reader's memory, which saves one copy. */

import { Readable } from 'node:stream';
import type { Codec } from '../../model/content-kind.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { PieceEncoder } from './piece-encoder.ts';

/** The reader's side, called by a source. */
export interface ByteSink {
  /** Memory for the next bytes: at least one byte, at most `bytesMax`. Bytes written there count only after `arrived`. */
  room(bytesMax: number): Buffer;
  /** Reports `bytes` bytes at the start of `room`, the memory returned last. False: wait for {@link ByteSource.resume} before sending more. */
  arrived(room: Uint8Array, bytes: number): boolean;
  /** Reports the end of the input, or its failure with `error`. Only the first call counts. */
  ended(error?: unknown): void;
}

export interface ByteSource {
  /** Whether its bytes come without waiting for a producer, as a file's do: a chunk is filled before it is cut, so the same input makes the same commits. */
  readonly isPrompt: boolean;
  /** Whether the system writes its bytes into the room. Otherwise they are copied, which is up to twelve times slower into memory that threads share. */
  readonly isDirect?: boolean | undefined;
  /** How the bytes that it decodes are compressed; null before that is known, and if they are not. */
  readonly codec?: Codec | null | undefined;
  /** Called once, before anything else. */
  start(sink: ByteSink): void;
  /** Called after `arrived` has returned false. */
  resume(): void;
  /** Ends the source. The reader ignores later calls of its sink. */
  close(): void;
}

/** Copies the pieces of a stream or an iterable into the reader's memory. */
export class StreamSource implements ByteSource {
  readonly isPrompt: boolean;
  readonly #stream: Readable;
  #sink: ByteSink | undefined;
  /** Pieces that arrived while the reader was full, not yet copied. */
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

  /** A stream that closes before it ends has lost the rest of its data. */
  readonly #onClose = (): void => this.#endWith(closedEarly());

  #endWith(error: unknown): void {
    this.#end ??= { error };
    this.#deliver();
  }
}

/** The error of a source that closed before its end. */
export function closedEarly(): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', {
    message: 'the input was closed before its end',
    hint: 'the complete lines read before are committed; emit the rest from there',
  });
}
