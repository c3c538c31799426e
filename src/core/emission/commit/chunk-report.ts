/** What becomes of a chunk: the events that were committed, the lines that were not, and why. */

import type { Committed } from '../../model/events/commit.ts';
import type { Head } from '../../model/events/head.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { LineFault } from '../../scan/line-fault.ts';
import type { BadLine } from '../draft/bad-line.ts';
import type { ReadChunk } from '../draft/chunk-encoder.ts';
import type { BuiltDraft } from '../draft/draft-builder.ts';

/** The events of one commit, as `onCommit` is told of them. */
export class CommittedEvents {
  /** @internal */
  readonly committed: Committed;
  /** Of all partitions, by id. */
  readonly partitionNames: readonly string[];
  /** Payload bytes. */
  readonly bytes: number;
  readonly #read: ReadChunk;
  readonly #built: BuiltDraft;
  #columns: CommittedColumns | undefined;

  /** @internal */
  constructor(committed: Committed, partitionNames: readonly string[], read: ReadChunk, built: BuiltDraft) {
    this.committed = committed;
    this.partitionNames = partitionNames;
    this.bytes = built.bytes;
    this.#read = read;
    this.#built = built;
  }

  get count(): number {
    return this.committed.count;
  }

  /** Event n of the commit has the sequence `firstSequence + n`. */
  get firstSequence(): number {
    return this.committed.firstSequence;
  }

  /** Of the ledger, behind the commit. */
  get head(): Head {
    return this.committed.head;
  }

  /** Makes the columns now, so that they outlast the call of `onCommit`: about 30 bytes an event. */
  keep(): void {
    void this.columns;
  }

  /** Where the events lie and came from; made when they are asked for, which has to be before `onCommit` is over. */
  get columns(): CommittedColumns {
    this.#columns ??= makeColumns(this.committed, this.#read, this.#built);
    return this.#columns;
  }
}

/** Event n of a commit is n in each. */
export interface CommittedColumns {
  /** Ids. */
  readonly partitions: Uint16Array;
  /** In their partitions, 0-based. */
  readonly offsets: Float64Array;
  /** Ledger time, integer microseconds since the epoch. */
  readonly times: Float64Array;
  /** Lines within the chunk, 0-based, blank lines counted. */
  readonly linesInChunk: Uint32Array;
  /**
   * Scan rows, for a caller that made the chunk itself.
   * @internal
   */
  readonly rows: Uint32Array;
}

/** A line that was committed before, and where. */
export interface DuplicateLine {
  readonly row: number;
  readonly sequence: number;
}

export interface ChunkReport {
  /** Null where nothing of the chunk was left to commit. */
  readonly committed: Committed | null;
  /** Payload bytes committed. */
  readonly bytes: number;
  /** The events committed; null where there are none, and where several chunks are in flight. */
  readonly events: CommittedEvents | null;
  readonly late: number;
  readonly duplicates: readonly DuplicateLine[];
  /** Empty where lines are collected: those are handed over before the commit. */
  readonly badLines: readonly BadLine[];
  /** Lines of the chunk, blank ones too. */
  readonly lineCount: number;
}

/** A bad line as an error, for whoever stops at it. */
export function badLineError(bad: BadLine, place: { source: string; line: number }): LedgerError {
  return new LedgerError(codeOf(bad), {
    message: `${place.source}: line ${place.line}, byte ${bad.byte}: ${bad.reason}`,
    hint: 'mend the line and emit from it on, or keep bad lines aside and go on: --rejects FILE',
    details: { ...place, byte: bad.byte, reason: bad.reason },
  });
}

/** A bad event of a call that is all or nothing, as an error; `event`: its place in the call, 1-based. */
export function badEventError(bad: BadLine, event: number): LedgerError {
  return new LedgerError(codeOf(bad), {
    message: `emit(): event ${event}, byte ${bad.byte}: ${bad.reason}; nothing of this call is stored`,
    hint: 'mend the event and emit all of the call again',
    details: { source: 'emit()', line: event, byte: bad.byte, reason: bad.reason },
  });
}

function codeOf({ fault }: BadLine): 'ID_CONFLICT' | 'BAD_LINE' {
  return fault === LineFault.ID_CONFLICT ? 'ID_CONFLICT' : 'BAD_LINE';
}

function makeColumns(committed: Committed, { lines, checked }: ReadChunk, built: BuiltDraft): CommittedColumns {
  const { count } = committed;
  const rows = built.lines();
  const partitions = new Uint16Array(count);
  const offsets = new Float64Array(count);
  const linesInChunk = new Uint32Array(count);
  const nextOffset = new Map(built.draft.frames.map((frame, at) => [frame.partition, committed.offsets[at] as number]));
  for (let index = 0; index < count; index++) {
    const row = rows[index] as number;
    const partition = checked.partitions[row] as number;
    const offset = nextOffset.get(partition) as number;
    nextOffset.set(partition, offset + 1);
    partitions[index] = partition;
    offsets[index] = offset;
    linesInChunk[index] = lines.numbers[row] as number;
  }
  // the ledger lifts arrival times to its floor, all of a draft alike
  const times = built.draft.hasArrivalTime ? new Float64Array(count).fill(committed.firstTime) : built.times.slice();
  return { partitions, offsets, times, linesInChunk, rows };
}
