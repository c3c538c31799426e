/** The report of one chunk: the events committed, the lines that were not, and why. */

import type { Codec, HintedInput } from '../../model/content-kind.ts';
import type { Committed } from '../../model/events/commit.ts';
import type { Head } from '../../model/events/head.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { LedgerWarning } from '../../model/warning.ts';
import { LineFault } from '../../scan/line-fault.ts';
import type { BadLine } from '../draft/bad-line.ts';
import type { ReadChunk } from '../draft/chunk-encoder.ts';
import type { BuiltDraft } from '../draft/draft-builder.ts';
import { ARRAY_IN_A_LINE, type Misread, misreadLine } from '../input/misread-line.ts';

/** The events of one commit, as passed to `onCommit`. */
export class CommittedEvents {
  /** @internal */
  readonly committed: Committed;
  /** Names of all partitions, by id. */
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

  /** The ledger's head after the commit. */
  get head(): Head {
    return this.committed.head;
  }

  /** Computes the columns now, so that they stay valid after `onCommit` has returned: about 30 bytes an event. */
  keep(): void {
    void this.columns;
  }

  /** Positions and origins of the events; computed on first access, which must happen before `onCommit` has returned. */
  get columns(): CommittedColumns {
    this.#columns ??= makeColumns(this.committed, this.#read, this.#built);
    return this.#columns;
  }
}

/** Columns of a commit's events: element n of each is event n. */
export interface CommittedColumns {
  /** Partition ids. */
  readonly partitions: Uint16Array;
  /** Offsets in their partitions, 0-based. */
  readonly offsets: Float64Array;
  /** Ledger time, integer microseconds since the epoch. */
  readonly times: Float64Array;
  /** Line numbers within the chunk, 0-based, blank lines counted. */
  readonly linesInChunk: Uint32Array;
  /**
   * Rows of the scan, for a caller that built the chunk.
   * @internal
   */
  readonly rows: Uint32Array;
}

/** A line whose event was committed before, and its sequence. */
export interface DuplicateLine {
  readonly row: number;
  readonly sequence: number;
}

export interface ChunkReport {
  /** Null if the chunk had nothing left to commit. */
  readonly committed: Committed | null;
  /** Payload bytes committed. */
  readonly bytes: number;
  /** The events committed; null if there are none, or if several chunks are in flight. */
  readonly events: CommittedEvents | null;
  readonly late: number;
  readonly duplicates: readonly DuplicateLine[];
  /** Lines that an earlier run of the producer has taken. */
  readonly resumed: number;
  /** Empty under `collect`: bad lines are handed over before the commit. */
  readonly badLines: readonly BadLine[];
  /** Lines of the chunk, blank ones too. */
  readonly lineCount: number;
}

/** What to do about a line. */
export const REMEDIES = {
  BAD_LINE: 'fix the line',
  ID_CONFLICT: 'give the event another id, or leave it out',
} as const;

export function isLineCode(code: string): code is keyof typeof REMEDIES {
  return Object.hasOwn(REMEDIES, code);
}

/** What a rejected first line shows of its input; null if that is nothing. */
export function foreignWarning(bad: BadLine, input: HintedInput): LedgerWarning | null {
  const misread = misreadOf(bad);
  if (misread === null || misread.name === null) return null;
  return {
    code: 'FOREIGN_INPUT',
    message: `${input.source} is ${misread.name}, and not a JSON line each`,
    hint: misread.hint(input),
  };
}

/** The error of an emission that stops at a bad line. `details.format`: what the input is, if its first line shows that. */
export function badLineError(bad: BadLine, place: { source: string; line: number }, codec: Codec | null): LedgerError {
  const misread = place.line === 1 ? misreadOf(bad) : null;
  const format = misread?.name ?? null;
  return new LedgerError(codeOf(bad), {
    message: `${place.source}: line ${place.line}, byte ${bad.byte}: ${format === null || bad.isArrayOfObjects ? bad.reason : `${format}, and not a JSON line each`}`,
    hint:
      misread?.hint({ source: place.source, codec }) ??
      `${REMEDIES[codeOf(bad)]}, then emit again from there, or with \`producer\` all of the input; or collect bad lines with \`onReject\` and continue`,
    details: { ...place, byte: bad.byte, reason: bad.reason, ...(format === null ? {} : { format }), ...bad.conflict },
  });
}

function misreadOf({ text, byte, fault, isArrayOfObjects }: BadLine): Misread | null {
  return isArrayOfObjects ? ARRAY_IN_A_LINE : misreadLine(text, byte, fault);
}

const NO_JSON: ReadonlySet<LineFault> = new Set([
  LineFault.UNEXPECTED_BYTE,
  LineFault.UNEXPECTED_END,
  LineFault.CONTROL_IN_STRING,
  LineFault.BAD_ESCAPE,
  LineFault.BAD_NUMBER,
]);
const A_TEXT = '; a text is taken as JSON, and JSON.stringify(text) makes a JSON string of it';

/** The error of a call with a bad event, of which nothing is stored; `event`: its position in the call, 1-based. */
export function badEventError(bad: BadLine, event: number): LedgerError {
  return new LedgerError(codeOf(bad), {
    message: `emit(): event ${event}, byte ${bad.byte}: ${bad.reason}; nothing of this call is stored`,
    hint: `${codeOf(bad) === 'ID_CONFLICT' ? REMEDIES.ID_CONFLICT : 'fix the event'}, then repeat the whole call${NO_JSON.has(bad.fault) ? A_TEXT : ''}`,
    details: { source: 'emit()', line: event, byte: bad.byte, reason: bad.reason, ...bad.conflict },
  });
}

function codeOf({ fault }: BadLine): keyof typeof REMEDIES {
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
  // the ledger raises arrival times to its head's, all of a draft alike; some raise other times that are earlier, too
  const { firstTime } = committed;
  const times = built.draft.hasArrivalTime
    ? new Float64Array(count).fill(firstTime)
    : built.times.map((time) => Math.max(time, firstTime));
  return { partitions, offsets, times, linesInChunk, rows };
}
