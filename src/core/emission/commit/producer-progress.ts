/** Tracks a producer's byte position and running hash: skips what is stored and detects a different input. */

import { createHash, type Hash } from 'node:crypto';
import type { ProducerPosition, ProducerStep } from '../../model/events/commit.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { byteAt, LINE_FEED } from '../../model/text/bytes.ts';
import type { Chunk } from '../input/chunk.ts';

/** Node's own hash is slower than BLAKE3, but only it can be copied in mid-stream, and a draft may be offered with more than one end. */
const newHash = (): Hash => createHash('blake2b512');

/** Position of an input in the ledger: the step each commit makes, and the part of a chunk that is stored already. */
export interface InputProgress {
  /** Whether the step of a chunk is known before the chunks before it are committed. */
  readonly mayOverlap: boolean;
  /** The step to the byte `chunkEnd` of the chunk. */
  step(chunk: Chunk, chunkEnd: number): ProducerStep;
  /** Sets the position that the ledger holds now. */
  learn(held: ProducerPosition): void;
  /** Byte offset in the chunk at which new lines start. @throws LedgerError PRODUCER_CONFLICT if a different input is stored. */
  resumeAt(chunk: Chunk): number;
}

export class ProducerProgress implements InputProgress {
  readonly name: string;
  /** A second run may find its position inside any chunk, so each chunk needs the answer to the one before it. */
  readonly mayOverlap = false;
  #held: ProducerPosition;
  /** Hash of the input before the current chunk. */
  #hash = newHash();
  /** Bytes of the sources before the current one. */
  #base = 0;

  /** `held`: the position that the ledger holds for `name`; 0 if it does not know the producer. */
  constructor(name: string, held: ProducerPosition) {
    this.name = name;
    this.#held = held;
  }

  /** The step from the position in the ledger to the byte `chunkEnd` of the chunk. */
  step(chunk: Chunk, chunkEnd: number): ProducerStep {
    return {
      name: this.name,
      from: this.#held.position,
      position: this.#positionOf(chunk, chunkEnd),
      digest: this.#digestAt(chunk, chunkEnd),
    };
  }

  /** Sets the position that the ledger holds now. */
  learn(held: ProducerPosition): void {
    this.#held = { position: held.position, digest: held.digest };
  }

  /** Byte offset in the chunk at which new lines start. @throws LedgerError PRODUCER_CONFLICT if a different input is stored. */
  resumeAt(chunk: Chunk): number {
    const { position, digest } = this.#held;
    if (position <= this.#base + chunk.position) return 0;
    const end = this.#positionOf(chunk, chunk.end);
    if (position > end) return chunk.end;
    const at = position === end ? chunk.end : position - this.#base - chunk.position;
    // an input may have ended without a line feed, and continued with one since
    const isLineEnd =
      byteAt(chunk.bytes, at - 1) === LINE_FEED || /^\r?\n/.test(chunk.bytes.toString('latin1', at, at + 2));
    if (!isLineEnd || !this.#digestAt(chunk, at).equals(digest)) {
      throw this.#conflict(`the input differs from what it stored in its first ${position} bytes`);
    }
    return at;
  }

  /** Moves past a chunk that is completed. */
  advance(chunk: Chunk): void {
    this.#hash.update(chunk.bytes.subarray(0, chunk.nextPosition - chunk.position));
  }

  /** Ends a source; the next one continues the same input. */
  endSource(sourceBytes: number): void {
    this.#base += sourceBytes;
  }

  /** Ends the input. @throws LedgerError PRODUCER_CONFLICT if more of it is stored than there is. */
  end(): void {
    if (this.#base < this.#held.position)
      throw this.#conflict(`the input has ${this.#base} bytes and ${this.#held.position} are stored`);
  }

  #positionOf(chunk: Chunk, at: number): number {
    return this.#base + (at === chunk.end ? chunk.nextPosition : chunk.position + at);
  }

  #digestAt(chunk: Chunk, at: number): Buffer {
    const inputEnd = Math.min(at, chunk.nextPosition - chunk.position);
    return this.#hash.copy().update(chunk.bytes.subarray(0, inputEnd)).digest();
  }

  #conflict(fact: string): LedgerError {
    return new LedgerError('PRODUCER_CONFLICT', {
      message: `producer '${this.name}': ${fact}`,
      hint: 'a producer name belongs to one input; use another name',
      details: { producer: this.name },
    });
  }
}
