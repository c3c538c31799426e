/** Delivers batches to a byte stream: obeys its backpressure and ends when its reader has gone. */

import type { Writable } from 'node:stream';
import type { EventBatch } from '../model/events/event.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { hasMethods, kindOf } from '../model/options/option-kinds.ts';
import { readArgument } from '../model/options/options.ts';
import { type EventForm, type EventLabels, FORM, piecesOf } from './event-form.ts';

/**
 * Destination of an event stream. Batches arrive in order; the next one is sent only after the promise of this one
 * is resolved.
 */
export interface Sink {
  /** Resolves to false once the destination accepts no more. */
  deliver(batches: readonly EventBatch[], labels: EventLabels): Promise<boolean>;
}

const STREAM = kindOf<Writable>('a writable stream', (value) => hasMethods(value, ['write', 'once', 'off']));

/** Grace for the reader after an abort, in milliseconds, to take the current delivery. */
const GRACE_MS = 500;

/** Small commits are gathered up to this size, in bytes, before they are written. */
const WRITE_BYTES = 256 * 1024;

/**
 * First error per stream, shared by all its sinks. Keeps a listener between deliveries, so that an error there is not
 * uncaught.
 */
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
  /** Cancels the wait for the current write. */
  #endWait: () => void = () => {};

  /**
   * An abort lets the current delivery finish, so that another run can continue after it. A stalled reader gets 500 ms;
   * what it has not read then counts as undelivered.
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

  /** Resolves to true when the stream's reader has the bytes, to false if it has gone. @throws LedgerError IO_FAILED */
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
      this.#endWait = () => {
        this.#stream.off('close', this.#endWait);
        resolve();
      };
      this.#stream.once('close', this.#endWait);
      this.#stream.write(bytes, (error) => {
        this.#failure.error ??= error ?? undefined;
        this.#endWait();
      });
    });
    return this.#isOpen();
  }

  /** The signal may outlive many sinks, so the listener is added for one delivery only. */
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
    this.#endWait();
  }

  /** @throws LedgerError IO_FAILED for any error other than a closed reader */
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

/** Wraps the error of a failed write as IO_FAILED. */
export function outputFailure(error: NodeJS.ErrnoException): LedgerError {
  return new LedgerError('IO_FAILED', {
    message: `the output cannot be written: ${error.code ?? error.message}`,
    hint: 'check where the output goes',
    cause: error,
  });
}

/** Joins small pieces up to the size of one write. */
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
    // a corrupt batch: what precedes it is still delivered
    if (bytes > 0) yield joined(parts, bytes);
    throw error;
  }
  if (bytes > 0) yield joined(parts, bytes);
}

function joined(parts: Buffer[], bytes: number): Buffer {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, bytes);
}
