/** Tracks a transfer by the sequences of its source: the position is stored with each commit, so a second run continues after it. */

import type { ProducerPosition, ProducerStep } from '../../model/events/commit.ts';
import type { LedgerEvent } from '../../model/events/ledger-event.ts';
import { invariant, LedgerError } from '../../model/ledger-error.ts';
import { byteAt, CARRIAGE_RETURN, LINE_FEED } from '../../model/text/bytes.ts';
import { blake3 } from '../../native/blake3.ts';
import type { Chunk } from '../input/chunk.ts';
import type { InputProgress } from './producer-progress.ts';

/** A chunk of another ledger's events, whose positions are sequences: `position` of the last event before the chunk, `nextPosition` of its last event. */
export interface TransferChunk extends Chunk {
  readonly times: Float64Array;
  readonly sequences: Float64Array;
}

/** Fingerprint of a source event; a mismatch means the source ledger was replaced or truncated. */
export function eventFingerprint({
  sequence,
  time,
  payload,
}: Pick<LedgerEvent, 'sequence' | 'time' | 'payload'>): ProducerPosition {
  return { position: sequence, digest: blake3(Buffer.concat([Buffer.from(`${sequence} ${time} `), payload])) };
}

export class TransferProgress implements InputProgress {
  /** A step is named by the sequences of its chunk alone. */
  readonly mayOverlap = true;
  readonly #name: string;
  #held: ProducerPosition;

  constructor(name: string, held: ProducerPosition) {
    this.#name = name;
    this.#held = held;
  }

  step(chunk: Chunk, chunkEnd: number): ProducerStep {
    invariant(isTransfer(chunk), 'a transfer has chunks without sequences');
    const row =
      chunkEnd === chunk.end ? chunk.sequences.length - 1 : countLines(chunk.bytes, chunk.start, chunkEnd) - 1;
    const mark = eventFingerprint({
      sequence: chunk.sequences[row] as number,
      time: chunk.times[row] as number,
      payload: lineBefore(chunk, chunkEnd),
    });
    return { ...mark, name: this.#name, from: chunk.position };
  }

  learn({ position, digest }: ProducerPosition): void {
    this.#held = { position, digest };
  }

  resumeAt(chunk: Chunk): number {
    this.#expect(chunk.position, this.#held);
    return 0;
  }

  /** @throws LedgerError PRODUCER_CONFLICT if the target holds another position than this transfer has committed. */
  check(stored: ProducerPosition): void {
    this.#expect(this.#held.position, stored);
  }

  #expect(expected: number, { position }: ProducerPosition): void {
    if (position === expected) return;
    throw new LedgerError('PRODUCER_CONFLICT', {
      message: `the target holds the source's sequences through ${position}, expected ${expected}: another replay is writing to it`,
      hint: 'wait until one of them has ended, then run the other again',
      details: { producer: this.#name },
    });
  }
}

function isTransfer(chunk: Chunk): chunk is TransferChunk {
  return 'sequences' in chunk;
}

function countLines(bytes: Buffer, start: number, end: number): number {
  let lines = 0;
  for (let at = start; at < end; at++) if (byteAt(bytes, at) === LINE_FEED) lines++;
  return lines;
}

/** The payload of the line that ends at `end`. */
function lineBefore({ bytes, start }: Chunk, end: number): Buffer {
  const lineFeed = end - 1;
  const first = lineFeed === start ? start : bytes.lastIndexOf(LINE_FEED, lineFeed - 1) + 1;
  const hasReturn = byteAt(bytes, lineFeed - 1) === CARRIAGE_RETURN;
  return bytes.subarray(Math.max(first, start), hasReturn ? lineFeed - 1 : lineFeed);
}
