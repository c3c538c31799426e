/** Events as they are delivered: in batches, for speed. No I/O. */

import { EventColumns } from '../../frames/event-columns.ts';
import type { PartitionId } from '../routing/partition.ts';
import { LINE_FEED } from '../text/bytes.ts';
import type { Micros } from '../time/time.ts';
import type { StoredCommit, StoredFrame } from './commit.ts';
import type { SequenceRange } from './range.ts';

/** Positions of the first and the last event of a batch. */
export interface BatchSpan {
  readonly count: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
}

/** The events of one commit within a range, as lines; the span is meaningless if there are none. */
export interface GatheredLines extends BatchSpan {
  /** The payloads in order, each followed by a line feed. */
  readonly lines: Buffer;
  /** Null if they must be read from the columns. */
  readonly facts: GatheredFacts | null;
}

/** Facts of gathered events, by event. */
export interface GatheredFacts {
  readonly times: Float64Array;
  readonly offsets: Float64Array;
  /** Index in `frames`. */
  readonly frameOf: Uint16Array;
  readonly frames: readonly StoredFrame[];
}

/** Gathers a commit's lines faster than columns can be built; null if it cannot, and the columns must. */
export type GatheredCommit = (commit: StoredCommit, range: SequenceRange) => GatheredLines | null;

/**
 * Events of one commit in sequence order, decoded on demand.
 * @throws LedgerError VERIFICATION_FAILED on access if they cannot be decoded
 */
export class EventBatch {
  readonly #makeColumns: () => EventColumns;
  readonly #cut: (() => GatheredLines | null) | null;
  #columns: EventColumns | undefined;
  #lines: GatheredLines | undefined;
  #sequences: Float64Array | undefined;

  private constructor(makeColumns: () => EventColumns, cut: (() => GatheredLines | null) | null) {
    this.#makeColumns = makeColumns;
    this.#cut = cut;
  }

  /**
   * The events of a commit within a range.
   * @internal
   */
  static of(commit: StoredCommit, range: SequenceRange, cut: GatheredCommit | null = null): EventBatch {
    return new EventBatch(() => EventColumns.of(commit, range), cut === null ? null : () => cut(commit, range));
  }

  /** The events `[from, to)` of this batch, valid as long as it is. */
  slice(from: number, to: number): EventBatch {
    if (from === 0 && to === this.count) return this;
    const columns = this.#events;
    return new EventBatch(() => columns.slice(from, to), null);
  }

  /** The events for which the predicate holds. */
  filter(accepts: (at: number) => boolean): EventBatch {
    const rows = new Uint32Array(this.count);
    let kept = 0;
    for (let at = 0; at < rows.length; at++) if (accepts(at)) rows[kept++] = at;
    return this.pick(rows.subarray(0, kept));
  }

  /** The events at these ascending indexes of the batch. */
  pick(rows: Uint32Array): EventBatch {
    if (rows.length === this.count) return this;
    const columns = this.#events;
    return new EventBatch(() => columns.pick(rows), null);
  }

  get count(): number {
    return (this.#lines ?? this.#events).count;
  }

  /** Positions of the first and the last event; null in an empty batch. */
  get span(): BatchSpan | null {
    const { count } = this;
    if (count === 0) return null;
    if (this.#lines !== undefined) return this.#lines;
    const { sequences, times } = this.#events;
    return {
      count,
      firstSequence: sequences[0] as number,
      lastSequence: sequences[count - 1] as number,
      firstTime: times[0] as number,
      lastTime: times[count - 1] as number,
    };
  }

  /** Sequence by event, as `times` and `offsets` are. */
  get sequences(): Float64Array {
    // computed once: labels read it for each event
    this.#sequences ??= runOf(this.#lines) ?? this.#events.sequences;
    return this.#sequences;
  }

  /** Ledger time, integer microseconds since the epoch. */
  get times(): Float64Array {
    return this.facts.times;
  }

  /** Offsets in their partitions, 0-based. */
  get offsets(): Float64Array {
    return this.facts.offsets;
  }

  /** `at`: index of the event in the batch, 0-based, here and below. */
  partition(at: number): PartitionId {
    return this.#frame(at).partition;
  }

  /** Key that the emitter gave for the frame, or null. */
  givenKey(at: number): string | null {
    return this.#frame(at).key;
  }

  /** The payload, in the frame's memory: valid until the next page is taken. */
  payload(at: number): Buffer {
    const columns = this.#events;
    return columns.frame(at).body.subarray(columns.start(at), columns.end(at));
  }

  /** All payloads in order, each followed by a line feed; computed once, and valid until the next page is taken. */
  lines(): Buffer {
    this.#lines ??= this.#cut?.() ?? this.#cutByColumns();
    return this.#lines.lines;
  }

  /** @internal */
  get facts(): GatheredFacts {
    return this.#lines?.facts ?? this.#events;
  }

  #frame(at: number): StoredFrame {
    const { frames, frameOf } = this.facts;
    return frames[frameOf[at] as number] as StoredFrame;
  }

  get #events(): EventColumns {
    this.#columns ??= this.#makeColumns();
    return this.#columns;
  }

  #cutByColumns(): GatheredLines {
    const columns = this.#events;
    let bytes = 0;
    for (let at = 0; at < columns.count; at++) bytes += columns.end(at) - columns.start(at) + 1;
    const lines = Buffer.allocUnsafe(bytes);
    let end = 0;
    for (let at = 0; at < columns.count; at++) {
      end += columns.frame(at).body.copy(lines, end, columns.start(at), columns.end(at));
      lines[end++] = LINE_FEED;
    }
    const span = this.span ?? { count: 0, firstSequence: 0, lastSequence: 0, firstTime: 0, lastTime: 0 };
    return { ...span, lines, facts: null };
  }
}

/**
 * The batches of one page, in sequence order, each the events of one commit; those at the ends of a range may be empty.
 */
export type BatchPage = readonly EventBatch[];

/** Sequences of consecutive lines; null if there are gaps between them. */
function runOf(lines: GatheredLines | undefined): Float64Array | null {
  if (lines === undefined || lines.lastSequence - lines.firstSequence + 1 !== lines.count) return null;
  const sequences = new Float64Array(lines.count);
  for (let at = 0; at < lines.count; at++) sequences[at] = lines.firstSequence + at;
  return sequences;
}
