/** Delivers batches to a stream of bytes: obeys its backpressure, ends when its reader has gone. */

import type { Writable } from 'node:stream';
import type { EventBatch } from '../model/events/event.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { hasMethods, kindOf } from '../model/options/option-kinds.ts';
import { readArgument } from '../model/options/options.ts';
import { type EventForm, type EventLabels, FORM, piecesOf } from './event-form.ts';

/** Where a telling goes. Batches come in order, the next ones when the promise for these has settled. */
export interface Sink {
  /** Resolves to false when nobody takes any more. */
  deliver(batches: readonly EventBatch[], labels: EventLabels): Promise<boolean>;
}

const STREAM = kindOf<Writable>('a writable stream', (value) => hasMethods(value, ['write', 'once', 'off']));

/** How long a reader has, after an abort, to take the delivery in hand. */
const GRACE_MS = 500;

/** Small commits are gathered up to this before they are written. */
const WRITE_BYTES = 256 * 1024;

/** The error of every stream that had a sink, heard once however many it has: one that comes between two deliveries must find a listener, too. */
const failures = new WeakMap<Writable, Failure>();

interface Failure {
  error: NodeJS.ErrnoException | undefined;
}

export class StreamSink implements Sink {
  readonly #stream: Writable;
  readonly #form: EventForm;
  readonly #signal: AbortSignal | undefined;
  readonly #failure: Failure;
  #isAbandoned = false;
  /** Ends the wait for the write in hand. */
  #settle: () => void = () => {};

  /**
   * After an abort the delivery in hand comes to its end, so that another run can go on behind it. A reader who does not read gets a moment alone:
   * what he has not taken by then counts as not delivered.
   */
  constructor(stream: Writable, form: EventForm, signal?: AbortSignal) {
    this.#stream = readArgument('new StreamSink()', 'stream', stream, STREAM);
    this.#form = readArgument('new StreamSink()', 'form', form, FORM);
    this.#signal = signal;
    this.#failure = failureOf(stream);
  }

  deliver(batches: readonly EventBatch[], labels: EventLabels): Promise<boolean> {
    return this.#withinGrace(() => this.#deliver(batches, labels));
  }

  /** Resolves when the bytes are with the stream's reader, to false when it has gone. @throws LedgerError IO_FAILED */
  write(bytes: Buffer | string): Promise<boolean> {
    return this.#withinGrace(() => this.#write(bytes));
  }

  async #deliver(batches: readonly EventBatch[], labels: EventLabels): Promise<boolean> {
    for (const bytes of gathered(piecesOf(batches, labels, this.#form))) if (!(await this.#write(bytes))) return false;
    return true;
  }

  async #write(bytes: Buffer | string): Promise<boolean> {
    if (!this.#isOpen()) return false;
    await new Promise<void>((resolve) => {
      this.#settle = () => {
        this.#stream.off('close', this.#settle);
        resolve();
      };
      this.#stream.once('close', this.#settle);
      this.#stream.write(bytes, (error) => {
        this.#failure.error ??= error ?? undefined;
        this.#settle();
      });
    });
    return this.#isOpen();
  }

  /** The signal may outlive many sinks, so it is listened to for the length of one delivery. */
  async #withinGrace(deliver: () => Promise<boolean>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const begin = (): void => {
      timer = setTimeout(() => this.#abandon(), GRACE_MS).unref();
    };
    if (this.#signal?.aborted) begin();
    this.#signal?.addEventListener('abort', begin);
    try {
      return await deliver();
    } finally {
      this.#signal?.removeEventListener('abort', begin);
      clearTimeout(timer);
    }
  }

  #abandon(): void {
    this.#isAbandoned = true;
    this.#settle();
  }

  /** @throws LedgerError IO_FAILED for any error but a reader that has gone. */
  #isOpen(): boolean {
    const { error } = this.#failure;
    if (error === undefined) return !this.#stream.destroyed && !this.#isAbandoned;
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || error.code === 'ERR_STREAM_WRITE_AFTER_END')
      return false;
    throw outputFailure(error);
  }
}

function failureOf(stream: Writable): Failure {
  const known = failures.get(stream);
  if (known !== undefined) return known;
  const failure: Failure = { error: undefined };
  failures.set(stream, failure);
  stream.on('error', (error) => {
    failure.error = error;
  });
  return failure;
}

/** What writing to an output failed with, as an error of ours. */
export function outputFailure(error: NodeJS.ErrnoException): LedgerError {
  return new LedgerError('IO_FAILED', {
    message: `the output cannot be written: ${error.code ?? error.message}`,
    hint: 'look at where the output goes',
    cause: error,
  });
}

/** Small pieces together, up to what is written at once. */
function* gathered(pieces: Iterable<Buffer>): Generator<Buffer, void, undefined> {
  let parts: Buffer[] = [];
  let bytes = 0;
  try {
    for (const piece of pieces) {
      parts.push(piece);
      bytes += piece.length;
      if (bytes < WRITE_BYTES) continue;
      yield joined(parts, bytes);
      parts = [];
      bytes = 0;
    }
  } catch (error) {
    // a batch that is broken; what stands before it is told all the same
    if (bytes > 0) yield joined(parts, bytes);
    throw error;
  }
  if (bytes > 0) yield joined(parts, bytes);
}

function joined(parts: Buffer[], bytes: number): Buffer {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, bytes);
}
