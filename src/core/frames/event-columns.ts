/** The events of one commit as columns beside the frames' bodies, in sequence order. No I/O. */

import type { StoredCommit, StoredFrame } from '../model/events/commit.ts';
import type { SequenceRange } from '../model/events/range.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { numberAt } from '../model/text/bytes.ts';
import { EVENT_BYTES_MIN, walkFrameBody } from './frame-body.ts';

/** Location of each payload: its frame, and its bounds in the frame's body. */
interface Places {
  readonly frames: readonly StoredFrame[];
  readonly frameOf: Uint16Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

export class EventColumns {
  readonly count: number;
  readonly sequences: Float64Array;
  readonly times: Float64Array;
  readonly offsets: Float64Array;
  readonly #places: Places;

  private constructor(sequences: Float64Array, times: Float64Array, offsets: Float64Array, places: Places) {
    this.count = sequences.length;
    this.sequences = sequences;
    this.times = times;
    this.offsets = offsets;
    this.#places = places;
  }

  /** @throws LedgerError VERIFICATION_FAILED if a body does not decode to the number of events in its row */
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
        if (sequenceDelta <= lastDelta)
          throw brokenFrame(frame, `sequence ${frame.sequence + sequenceDelta} is out of order`);
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
      if (fault !== null || nth !== frame.count)
        throw brokenFrame(frame, fault ?? `it holds ${nth} events, not ${frame.count}`);
    }
    const order = frames.length > 1 ? (orderOfRun(sequences, filled) ?? orderOf(sequences, filled)) : null;
    const arranged = <Table extends Float64Array | Uint32Array | Uint16Array>(table: Table): Table =>
      arrange(table, order, filled);
    const places = { frames, frameOf: arranged(frameOf), starts: arranged(starts), ends: arranged(ends) };
    return new EventColumns(arranged(sequences), arranged(times), arranged(offsets), places);
  }

  /** The events `[from, to)`, over the same memory. */
  slice(from: number, to: number): EventColumns {
    const { frames, frameOf, starts, ends } = this.#places;
    return new EventColumns(
      this.sequences.subarray(from, to),
      this.times.subarray(from, to),
      this.offsets.subarray(from, to),
      {
        frames,
        frameOf: frameOf.subarray(from, to),
        starts: starts.subarray(from, to),
        ends: ends.subarray(from, to),
      },
    );
  }

  /** The events of these rows, which are in order. */
  pick(rows: Uint32Array): EventColumns {
    const { frames, frameOf, starts, ends } = this.#places;
    const picked = <Table extends Float64Array | Uint32Array | Uint16Array>(table: Table): Table =>
      arrange(table, rows, rows.length);
    return new EventColumns(picked(this.sequences), picked(this.times), picked(this.offsets), {
      frames,
      frameOf: picked(frameOf),
      starts: picked(starts),
      ends: picked(ends),
    });
  }

  get frames(): readonly StoredFrame[] {
    return this.#places.frames;
  }

  /** Index in {@link frames}, by event. */
  get frameOf(): Uint16Array {
    return this.#places.frameOf;
  }

  frame(at: number): StoredFrame {
    return this.#places.frames[numberAt(this.#places.frameOf, at)] as StoredFrame;
  }

  /** Bounds of the payload in its frame's body. */
  start(at: number): number {
    return numberAt(this.#places.starts, at);
  }

  end(at: number): number {
    return numberAt(this.#places.ends, at);
  }
}

/** A frame's count, which sizes tables: a count that its body cannot hold is rejected before memory is allocated. */
function checkedCount(frame: StoredFrame): number {
  if (frame.count > 0 && frame.count * EVENT_BYTES_MIN <= frame.body.length) return frame.count;
  throw brokenFrame(frame, `its row promises ${frame.count} events in ${frame.body.length} bytes`);
}

/** Indexes of the filled slots by ascending sequence. */
function orderOf(sequences: Float64Array, filled: number): Uint32Array {
  const order = Uint32Array.from({ length: filled }, (_, at) => at);
  return order.sort((one, other) => numberAt(sequences, one) - numberAt(sequences, other));
}

/** As {@link orderOf} in one pass, if the events form one run of sequences; null if they do not. */
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

function arrange<Table extends Float64Array | Uint32Array | Uint16Array>(
  table: Table,
  order: Uint32Array | null,
  filled: number,
): Table {
  if (order === null) return table.subarray(0, filled) as Table;
  const arranged = table.slice(0, filled) as Table;
  for (let at = 0; at < filled; at++) arranged[at] = numberAt(table, numberAt(order, at));
  return arranged;
}

/** A frame that cannot be decoded: the error names its commit, and none of its events is returned. */
export function brokenFrame(frame: Pick<StoredFrame, 'partition' | 'sequence'>, fact: string): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `the commit at sequence ${frame.sequence} is corrupt: partition ${frame.partition}: ${fact}`,
    hint: `replay everything before it: completengine replay --through-sequence ${frame.sequence - 1}`,
    details: { sequence: frame.sequence, partition: frame.partition },
  });
}
