/** Events as they are told: singly for people and handlers, in batches for speed. No I/O. */

import { LINE_FEED } from './bytes.ts';
import type { StoredCommit } from './commit.ts';
import { EventColumns } from './event-columns.ts';
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

/** The events of one commit that lie in a range, cut out as lines. */
export interface CutLines {
  readonly count: number;
  /** Of the first and the last event; meaningless where there is none. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  /** The payloads in order, each followed by a line feed. */
  readonly lines: Buffer;
}

/** Cuts a commit faster than columns can be made; null where it leaves that to them. */
export type CutCommit = (commit: StoredCommit, range: SequenceRange) => CutLines | null;

/** Events of one commit in sequence order. Bytes are read when something is asked for; @throws LedgerError VERIFICATION_FAILED when they cannot be cut. */
export class EventBatch {
  readonly #commit: StoredCommit;
  readonly #range: SequenceRange;
  readonly #cut: CutCommit | null;
  #columns: EventColumns | undefined;
  #lines: CutLines | undefined;

  constructor(commit: StoredCommit, range: SequenceRange, cut: CutCommit | null = null, columns?: EventColumns) {
    this.#commit = commit;
    this.#range = range;
    this.#cut = cut;
    this.#columns = columns;
  }

  /** The events at places `[from, until)` as a batch of their own, over the same memory. */
  slice(from: number, until: number): EventBatch {
    if (from === 0 && until >= this.count) return this;
    return new EventBatch(this.#commit, this.#range, null, this.#events.slice(from, until));
  }

  get count(): number {
    return (this.#lines ?? this.#events).count;
  }

  /** Where the first and the last event stand; null in an empty batch. */
  get span(): Omit<CutLines, 'lines'> | null {
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

  get sequences(): Float64Array {
    return this.#events.sequences;
  }

  get times(): Float64Array {
    return this.#events.times;
  }

  get offsets(): Float64Array {
    return this.#events.offsets;
  }

  partition(at: number): PartitionId {
    return this.#events.frame(at).partition;
  }

  /** The key the emitter gave for the frame, or null. */
  givenKey(at: number): string | null {
    return this.#events.frame(at).key;
  }

  /** The payload, over the frame's memory: valid until the next page of the telling is taken. */
  payload(at: number): Buffer {
    const columns = this.#events;
    return columns.frame(at).body.subarray(columns.start(at), columns.end(at));
  }

  /** All payloads in order, each followed by a line feed; made once, and valid until the next page of the telling is taken. */
  lines(): Buffer {
    this.#lines ??= this.#cut?.(this.#commit, this.#range) ?? this.#cutByColumns();
    return this.#lines.lines;
  }

  get #events(): EventColumns {
    this.#columns ??= EventColumns.of(this.#commit, this.#range);
    return this.#columns;
  }

  #cutByColumns(): CutLines {
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
    return { ...span, lines };
  }
}
