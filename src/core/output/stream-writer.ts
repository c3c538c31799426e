/** Writes bytes to a stream: obeys its backpressure and ends when its reader has gone. */

import type { Writable } from 'node:stream';
import { isNoSpace, systemErrorCode } from '../model/disk-error.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { hasMethods, kindOf } from '../model/options/option-kinds.ts';
import { readArgument } from '../model/options/options.ts';

const STREAM = kindOf<Writable>('a writable stream', (value) => hasMethods(value, ['write', 'once', 'off']));

/** Grace for the reader after an abort, in milliseconds, to take the current write. */
const GRACE_MS = 500;

/**
 * First error per stream, shared by all its writers. Keeps a listener between writes, so that an error there is not
 * uncaught.
 */
const failures = new WeakMap<Writable, Failure>();

interface Failure {
  error: NodeJS.ErrnoException | undefined;
}

export class StreamWriter {
  readonly #stream: Writable;
  readonly #signal: AbortSignal | undefined;
  readonly #failure: Failure;
  #isAbandoned = false;
  /** Cancels the wait for the current write. */
  #endWait: () => void = () => {};

  /**
   * An abort lets the current write finish. A stalled reader gets 500 ms; what it has not read then counts as unread.
   * @throws LedgerError INVALID_ARGUMENT for anything but a stream
   */
  constructor(stream: Writable, signal?: AbortSignal) {
    this.#stream = readArgument('new StreamSink()', 'stream', stream, STREAM);
    this.#signal = signal;
    this.#failure = failureOf(stream);
  }

  /** Resolves to true when the stream's reader has the bytes, to false if it has gone. @throws LedgerError IO_FAILED */
  write(bytes: Buffer | string): Promise<boolean> {
    return this.writeAll([bytes]);
  }

  /**
   * Writes the pieces one after the other, each taken when the one before is read; an abort gives all of them one grace.
   * @throws LedgerError IO_FAILED, and what the pieces throw
   */
  async writeAll(pieces: Iterable<Buffer | string>): Promise<boolean> {
    // memory of an abandoned write may still be read: the next piece would be written into it
    if (!this.#isOpen()) return false;
    return this.#withinGrace(async () => {
      for (const bytes of pieces) if (!(await this.#write(bytes))) return false;
      return true;
    });
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

  /** The signal may outlive many writers, so the listener is added for one call only. */
  async #withinGrace(write: () => Promise<boolean>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const begin = (): void => {
      timer = setTimeout(() => this.#abandon(), GRACE_MS).unref();
    };
    if (this.#signal?.aborted) begin();
    this.#signal?.addEventListener('abort', begin);
    try {
      return await write();
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
    message: `the output cannot be written: ${systemErrorCode(error) ?? error.message}`,
    hint: isNoSpace(error)
      ? 'the disk that the output goes to is full: free some space there, or name another place'
      : 'check where the output goes',
    cause: error,
  });
}
