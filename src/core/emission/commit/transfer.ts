/** Commits another ledger's events with their order, times and bytes unchanged; this ledger's routing chooses their partitions. */

import { EVENT_BYTES_MAX } from '../../frames/frame-body.ts';
import type { ProducerPosition } from '../../model/events/commit.ts';
import type { EventBatch } from '../../model/events/event.ts';
import type { Head } from '../../model/events/head.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { LINE_FEED } from '../../model/text/bytes.ts';
import { LineFault } from '../../scan/line-fault.ts';
import { DraftFactory } from '../draft/draft-factory.ts';
import type { EmissionSettings } from '../draft/settings.ts';
import { type Chunk, chunkBytesFor, chunksKeptFor } from '../input/chunk.ts';
import type { Committer, OnCompleted } from './committer.ts';
import { committerFor } from './committer-for.ts';
import type { EmissionParts } from './emission-target.ts';
import { type TransferChunk, TransferProgress } from './transfer-progress.ts';

const TOO_LATE = "it is earlier than the target's head, and would lose its time";
const RETURN_AND_FEED = Buffer.from('\r\n');

export interface TransferOptions {
  /** The name under which the position is stored. */
  readonly producer: string;
  /** The position that the ledger held for it when the transfer began. */
  readonly held: ProducerPosition;
  /** Reads the position that the ledger holds now. */
  stored(): Promise<ProducerPosition>;
  /** The name of the source ledger in messages. */
  readonly source: string;
}

export class Transfer {
  readonly #committer: Committer;
  readonly #options: TransferOptions;
  readonly #commitBytesMax: number;
  readonly #chunkBytes: number;
  readonly #progress: TransferProgress;
  /** Memory of chunks, the one used last at the end: each stays unchanged while its chunk is in flight. */
  readonly #memory: Buffer[] = [];
  #position: number;
  #head: Head | null = null;

  constructor(parts: EmissionParts, settings: EmissionSettings, options: TransferOptions) {
    this.#options = options;
    this.#commitBytesMax = parts.target.commitBytesMax;
    this.#chunkBytes = chunkBytesFor(this.#commitBytesMax);
    this.#progress = new TransferProgress(options.producer, options.held);
    this.#position = options.held.position;
    this.#committer = committerFor({
      target: parts.target,
      drafts: new DraftFactory(parts, settings),
      onCompleted: this.#complete,
      onRejects: null,
      progress: this.#progress,
      needsEvents: false,
      awaitsSmall: true,
    });
  }

  /** The head after the last commit; null if nothing was committed. */
  get head(): Head | null {
    return this.#head;
  }

  /** Commits the events, or has them in flight when it resolves. @throws LedgerError BAD_LINE for an event that this ledger cannot store unchanged. */
  async deliver(batches: readonly EventBatch[]): Promise<boolean> {
    let group: EventBatch[] = [];
    let bytes = 0;
    for (const batch of batches.flatMap((each) => this.#cut(each))) {
      const length = this.#sizeOf(batch);
      if (bytes > 0 && bytes + length > this.#chunkBytes) {
        await this.#send(group, bytes);
        group = [];
        bytes = 0;
      }
      if (length > 0) group.push(batch);
      bytes += length;
    }
    if (bytes > 0) await this.#send(group, bytes);
    return true;
  }

  /** A batch in parts that the ledger takes as a commit each. */
  #cut(batch: EventBatch): EventBatch[] {
    if (batch.count < 2 || this.#sizeOf(batch) <= this.#commitBytesMax) return [batch];
    const middle = batch.count >>> 1;
    return [batch.slice(0, middle), batch.slice(middle, batch.count)].flatMap((half) => this.#cut(half));
  }

  /** Of its lines; where commits are bounded, of the frames that these make at most. */
  #sizeOf(batch: EventBatch): number {
    const isBounded = this.#commitBytesMax !== Number.POSITIVE_INFINITY;
    return batch.lines().length + (isBounded ? batch.count * EVENT_BYTES_MAX : 0);
  }

  /** Resolves when everything is committed. */
  drain(): Promise<void> {
    return this.#committer.drain();
  }

  close(): Promise<void> {
    return this.#committer.close();
  }

  async #send(batches: readonly EventBatch[], bytes: number): Promise<void> {
    const chunk = this.#chunkOf(batches, bytes);
    this.#position = chunk.nextPosition;
    await this.#committer.send(chunk);
  }

  #chunkOf(batches: readonly EventBatch[], bytes: number): TransferChunk {
    const lines = batches.map((batch) => withReturns(batch));
    const length = lines.reduce((sum, part) => sum + part.length, 0);
    const memory = this.#room(Math.max(length, bytes));
    let end = 0;
    for (const part of lines) end += part.copy(memory, end);
    const sequences = joined(batches.map((batch) => batch.sequences));
    const times = joined(batches.map((batch) => batch.times));
    return {
      bytes: memory,
      start: 0,
      end,
      position: this.#position,
      nextPosition: sequences[sequences.length - 1] as number,
      times,
      sequences,
    };
  }

  #room(bytes: number): Buffer {
    const oldest = this.#memory.length > chunksKeptFor(this.#chunkBytes) ? this.#memory.shift() : undefined;
    const memory = oldest !== undefined && oldest.length >= bytes ? oldest : Buffer.allocUnsafeSlow(bytes);
    this.#memory.push(memory);
    return memory;
  }

  /** Whether this transfer, or an earlier run of it, has stored events. */
  get #hasStored(): boolean {
    return this.#head !== null || this.#options.held.position > 0;
  }

  readonly #complete: OnCompleted = async (chunk, result) => {
    if (result.committed !== null) this.#head = result.committed.head;
    const [bad] = result.badLines;
    // commits of another replay in between make all of these events late
    if (bad?.fault === LineFault.TIME_LATE) this.#progress.check(await this.#options.stored());
    if (bad !== undefined)
      throw refusal(
        chunk,
        bad.lineInChunk,
        bad.fault === LineFault.TIME_LATE ? TOO_LATE : bad.reason,
        this.#options.source,
        this.#hasStored,
      );
    const [duplicate] = result.duplicates;
    if (duplicate !== undefined)
      throw refusal(
        chunk,
        duplicate.row,
        `its id was committed before, at sequence ${duplicate.sequence}`,
        this.#options.source,
        this.#hasStored,
      );
  };
}

function refusal(chunk: Chunk, row: number, reason: string, source: string, hasStored: boolean): LedgerError {
  const sequence = (chunk as TransferChunk).sequences[row];
  return new LedgerError('BAD_LINE', {
    message: `sequence ${sequence} of ${source} cannot be stored unchanged: ${reason}`,
    hint: `replay into a new ledger, or one whose settings accept it; ${hasStored ? 'the events before it are stored' : 'nothing is stored'}`,
    details: { sequence, reason },
  });
}

/** The batch as lines of an input. The scanner takes one carriage return as part of a line end, so a payload that ends in one gets another after it. */
function withReturns(batch: EventBatch): Buffer {
  const lines = batch.lines();
  if (!lines.includes(RETURN_AND_FEED)) return lines;
  const parts: Buffer[] = [];
  for (let start = 0; start < lines.length; ) {
    const end = lines.indexOf(LINE_FEED, start);
    const line = lines.subarray(start, end);
    parts.push(line, line.at(-1) === RETURN_AND_FEED[0] ? RETURN_AND_FEED : RETURN_AND_FEED.subarray(1));
    start = end + 1;
  }
  return Buffer.concat(parts);
}

function joined(columns: readonly Float64Array[]): Float64Array {
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) return only.slice();
  const all = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const column of columns) {
    all.set(column, at);
    at += column.length;
  }
  return all;
}
