/** Events as they are told: singly for people and handlers, in batches for speed. No I/O. */

import { LINE_FEED, numberAt } from './bytes.ts';
import type { StoredCommit, StoredFrame } from './commit.ts';
import { walkFrameBody } from './frame-body.ts';
import { LedgerError } from './ledger-error.ts';
import type { PartitionId } from './partition.ts';
import type { SequenceRange } from './range.ts';
import type { Micros } from './time.ts';

/** One committed event. */
export interface LedgerEvent {
  /** Place in the ledger: 1-based, dense, the total order. */
  readonly sequence: number;
  readonly partition: string;
  /** Place in its partition: 0-based, dense. */
  readonly offset: number;
  /** Integer microseconds since the epoch, never decreasing with sequence. */
  readonly time: Micros;
  /** What the router read, or was given; null where the routing reads no key. */
  readonly key: string | null;
  /** The exact bytes of the line, its end excluded. */
  readonly payload: Buffer;
}

/** Events of one commit in sequence order, as columns beside the frames' bodies. Bytes are copied only when asked for. */
export class EventBatch {
  readonly count: number;
  readonly sequences: Float64Array;
  readonly times: Float64Array;
  readonly offsets: Float64Array;
  readonly #frames: readonly StoredFrame[];
  readonly #frameOf: Uint16Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  #lines: Buffer | undefined;

  /** @throws LedgerError VERIFICATION_FAILED when a body cannot be cut into the events its row promises. */
  constructor(commit: StoredCommit, range: SequenceRange) {
    const frames = commit.frames;
    const slots = frames.reduce((sum, frame) => sum + checkedCount(frame), 0);
    const sequences = new Float64Array(slots);
    const times = new Float64Array(slots);
    const offsets = new Float64Array(slots);
    const frameOf = new Uint16Array(slots);
    const starts = new Uint32Array(slots);
    const ends = new Uint32Array(slots);
    let filled = 0;
    for (const [at, frame] of frames.entries()) {
      let nth = 0;
      let lastDelta = -1;
      const fault = walkFrameBody(frame.body, (sequenceDelta, timeDelta, start, end) => {
        if (sequenceDelta <= lastDelta) throw brokenFrame(frame, `sequence ${frame.sequence + sequenceDelta} is out of order`);
        lastDelta = sequenceDelta;
        const sequence = frame.sequence + sequenceDelta;
        if (nth < frame.count && sequence >= range.from && sequence <= range.through) {
          sequences[filled] = sequence;
          times[filled] = frame.firstTime + timeDelta;
          offsets[filled] = frame.offset + nth;
          frameOf[filled] = at;
          starts[filled] = start;
          ends[filled] = end;
          filled++;
        }
        nth++;
      });
      if (fault !== null || nth !== frame.count) throw brokenFrame(frame, fault ?? `it holds ${nth} events, not ${frame.count}`);
    }
    this.#frames = frames;
    this.count = filled;
    const order = frames.length > 1 ? (orderOfRun(sequences, filled) ?? orderOf(sequences, filled)) : null;
    this.sequences = arrange(sequences, order, filled);
    this.times = arrange(times, order, filled);
    this.offsets = arrange(offsets, order, filled);
    this.#frameOf = arrange(frameOf, order, filled);
    this.#starts = arrange(starts, order, filled);
    this.#ends = arrange(ends, order, filled);
  }

  partition(at: number): PartitionId {
    return this.#frame(at).partition;
  }

  /** The key the emitter gave for the frame, or null. */
  givenKey(at: number): string | null {
    return this.#frame(at).key;
  }

  /** The payload, over the frame's memory: valid as long as the batch is kept. */
  payload(at: number): Buffer {
    return this.#frame(at).body.subarray(numberAt(this.#starts, at), numberAt(this.#ends, at));
  }

  /** All payloads in order, each followed by a line feed, in memory of their own; made once. */
  lines(): Buffer {
    this.#lines ??= this.#gatherLines();
    return this.#lines;
  }

  #gatherLines(): Buffer {
    let bytes = 0;
    for (let at = 0; at < this.count; at++) bytes += numberAt(this.#ends, at) - numberAt(this.#starts, at) + 1;
    const lines = Buffer.allocUnsafe(bytes);
    let end = 0;
    for (let at = 0; at < this.count; at++) {
      end += this.#frame(at).body.copy(lines, end, numberAt(this.#starts, at), numberAt(this.#ends, at));
      lines[end++] = LINE_FEED;
    }
    return lines;
  }

  #frame(at: number): StoredFrame {
    return this.#frames[numberAt(this.#frameOf, at)] as StoredFrame;
  }
}

/** A frame's count, which sizes tables: one that its body cannot hold is refused before memory is asked for. */
function checkedCount(frame: StoredFrame): number {
  if (frame.count > 0 && frame.count <= frame.body.length) return frame.count;
  throw brokenFrame(frame, `its row promises ${frame.count} events in ${frame.body.length} bytes`);
}

/** Positions of the filled slots by ascending sequence. */
function orderOf(sequences: Float64Array, filled: number): Uint32Array {
  const order = Uint32Array.from({ length: filled }, (_, at) => at);
  return order.sort((one, other) => numberAt(sequences, one) - numberAt(sequences, other));
}

/** As {@link orderOf} in one pass, where the events are all of a run of sequences; null where they are not. */
function orderOfRun(sequences: Float64Array, filled: number): Uint32Array | null {
  let first = Number.MAX_SAFE_INTEGER;
  for (let at = 0; at < filled; at++) first = Math.min(first, numberAt(sequences, at));
  const order = new Uint32Array(filled).fill(filled);
  for (let at = 0; at < filled; at++) {
    const place = numberAt(sequences, at) - first;
    if (place >= filled || order[place] !== filled) return null;
    order[place] = at;
  }
  return order;
}

function arrange<Table extends Float64Array | Uint32Array | Uint16Array>(table: Table, order: Uint32Array | null, filled: number): Table {
  if (order === null) return table.subarray(0, filled) as Table;
  const arranged = table.slice(0, filled) as Table;
  for (let at = 0; at < filled; at++) arranged[at] = numberAt(table, numberAt(order, at));
  return arranged;
}

/** A frame that cannot be told: its commit is named, nothing of it leaves the ledger. */
export function brokenFrame(frame: Pick<StoredFrame, 'partition' | 'sequence'>, fact: string): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `the commit at sequence ${frame.sequence} is broken: partition ${frame.partition}: ${fact}`,
    hint: `everything before sequence ${frame.sequence} is as it was committed: completengine replay --through-sequence ${frame.sequence - 1}`,
    details: { sequence: frame.sequence, partition: frame.partition },
  });
}
