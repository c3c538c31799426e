/** Delivers batches to a byte stream, as one document of a format. */

import type { Writable } from 'node:stream';
import { OpenDocument } from '../formats/document.ts';
import { type EventFormat, FORMAT } from '../formats/event-format.ts';
import { FieldWatch, type MissingFields } from '../formats/field-watch.ts';
import { PieceMemory, PieceWriter } from '../formats/pieces.ts';
import type { EventBatch } from '../model/events/event.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { readArgument } from '../model/options/options.ts';
import { StreamWriter } from './stream-writer.ts';

/**
 * Destination of an event stream. Batches arrive in order; the next one is sent only after the promise of this one
 * is resolved.
 */
export interface Sink {
  /** Resolves to false once the destination accepts no more. */
  deliver(batches: readonly EventBatch[], labels: EventLabels): Promise<boolean>;
  /**
   * Called after the last delivery of a stream that is complete, and not of one that was interrupted or has failed.
   * Resolves to false if the destination has not accepted all.
   */
  end?(): Promise<boolean>;
  /** Fields that it was to show, and that no event had; undefined: it shows none. Goes into the stream's report. */
  readonly missing?: MissingFields | undefined;
}

/** Shorter pieces, in bytes, as those of small commits, are joined before they are written. */
const LONG_BYTES = 32 * 1024;

export class StreamSink implements Sink {
  readonly #writer: StreamWriter;
  readonly #document: OpenDocument;
  readonly #fields: FieldWatch | undefined;
  /** Of the format's pieces, and of those that are joined; undefined: each has its own. */
  readonly #memory: PieceMemory | undefined;
  readonly #joined: PieceMemory | undefined;

  /**
   * An abort lets the current delivery finish, so that another run can continue after it. A stalled reader gets 500 ms;
   * what it has not read then counts as undelivered.
   * @throws LedgerError INVALID_ARGUMENT
   */
  constructor(stream: Writable, format: EventFormat, signal?: AbortSignal) {
    this.#writer = new StreamWriter(stream, signal);
    const { paths } = readArgument('new StreamSink()', 'format', format, FORMAT);
    this.#document = new OpenDocument(format);
    // others than streams over a file descriptor may keep what was written to them
    const isCopied = typeof (stream as { readonly fd?: unknown }).fd === 'number';
    this.#memory = isCopied ? new PieceMemory() : undefined;
    this.#joined = isCopied ? new PieceMemory() : undefined;
    this.#fields = paths === undefined ? undefined : new FieldWatch(paths);
  }

  /** Whether an event of the current document was written. */
  get isBegun(): boolean {
    return this.#document.isBegun;
  }

  get missing(): MissingFields | undefined {
    return this.#fields;
  }

  /** The format's `begin` precedes the first event. @throws LedgerError IO_FAILED */
  deliver(batches: readonly EventBatch[], labels: EventLabels): Promise<boolean> {
    this.#fields?.see(batches);
    return this.#writer.writeAll(gathered(this.#document.add(batches, labels, this.#memory), this.#joined));
  }

  /** Completes the document; a later delivery begins another one. @throws LedgerError IO_FAILED */
  end(): Promise<boolean> {
    return this.#writer.writeAll(gathered(this.#document.end(), this.#joined));
  }
}

/** Joins small pieces, and passes on the others as they are. */
function* gathered(pieces: Iterable<Buffer>, memory: PieceMemory | undefined): Generator<Buffer, void, undefined> {
  const joined = new PieceWriter(memory);
  try {
    for (const piece of pieces) {
      const isLong = piece.length >= LONG_BYTES;
      if (isLong ? !joined.isEmpty : joined.isFull) yield joined.take();
      if (isLong) yield piece;
      else joined.bytes(piece);
    }
  } catch (error) {
    // a corrupt batch: what precedes it is still delivered
    if (!joined.isEmpty) yield joined.take();
    throw error;
  }
  if (!joined.isEmpty) yield joined.take();
}
