/** The events of one commit as columns beside the frames' bodies, in sequence order. No I/O. */

import { numberAt } from './bytes.ts';
import type { StoredCommit, StoredFrame } from './commit.ts';
import { walkFrameBody } from './frame-body.ts';
import { LedgerError } from './ledger-error.ts';
import type { SequenceRange } from './range.ts';

/** Columns of the same length, an event at each place. */
interface Tables {
  readonly sequences: Float64Array;
  readonly times: Float64Array;
  readonly offsets: Float64Array;
  readonly frameOf: Uint16Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

export class EventColumns {
  readonly #frames: readonly StoredFrame[];
  readonly #tables: Tables;

  private constructor(frames: readonly StoredFrame[], tables: Tables) {
    this.#frames = frames;
    this.#tables = tables;
  }

  /** @throws LedgerError VERIFICATION_FAILED when a body cannot be cut into the events its row promises. */
  static of(commit: StoredCommit, range: SequenceRange): EventColumns {
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
    const order = frames.length > 1 ? (orderOfRun(sequences, filled) ?? orderOf(sequences, filled)) : null;
    return new EventColumns(frames, {
      sequences: arrange(sequences, order, filled),
      times: arrange(times, order, filled),
      offsets: arrange(offsets, order, filled),
      frameOf: arrange(frameOf, order, filled),
      starts: arrange(starts, order, filled),
      ends: arrange(ends, order, filled),
    });
  }

  get count(): number {
    return this.#tables.sequences.length;
  }

  get sequences(): Float64Array {
    return this.#tables.sequences;
  }

  get times(): Float64Array {
    return this.#tables.times;
  }

  get offsets(): Float64Array {
    return this.#tables.offsets;
  }

  /** Those at places `[from, until)`, over the same memory. */
  slice(from: number, until: number): EventColumns {
    const { sequences, times, offsets, frameOf, starts, ends } = this.#tables;
    return new EventColumns(this.#frames, {
      sequences: sequences.subarray(from, until),
      times: times.subarray(from, until),
      offsets: offsets.subarray(from, until),
      frameOf: frameOf.subarray(from, until),
      starts: starts.subarray(from, until),
      ends: ends.subarray(from, until),
    });
  }

  frame(at: number): StoredFrame {
    return this.#frames[numberAt(this.#tables.frameOf, at)] as StoredFrame;
  }

  /** Where the payload begins and ends in its frame's body. */
  start(at: number): number {
    return numberAt(this.#tables.starts, at);
  }

  end(at: number): number {
    return numberAt(this.#tables.ends, at);
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
