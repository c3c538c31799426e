/**
 * Emits one chunk: scan, judge, build, offer, and build again as long as the ledger answers with a conflict.
 * It must not know how the ledger stores anything, nor where chunks come from.
 */

import type { Clock } from '../model/clock.ts';
import type { Basis, CommitDraft, CommitOutcome, Committed, Conflict } from '../model/commit.ts';
import { formatFieldPath } from '../model/field-path.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { formatRoutingSpec, type Router, type RouterFactory } from '../model/routing.ts';
import type { Chunk } from './chunks.ts';
import { type BadLineAt, type BuiltDraft, DraftBuilder, type Exclusions } from './draft-builder.ts';
import { Judge, type Verdicts } from './judge.ts';
import { describeLineFault, LineFault } from './line-fault.ts';
import type { ProducerTrack } from './producer-track.ts';
import { planScan } from './scan-plan.ts';
import { ScannedLines } from './scanned-lines.ts';
import { Scanner } from './scanner.ts';
import { type EmissionSettings, fieldSlots, scanLimits } from './settings.ts';

/** What emission needs of a ledger. */
export interface EmissionTarget {
  basis(): Promise<Basis>;
  commit(draft: CommitDraft): Promise<CommitOutcome>;
}

export interface EmitterParts {
  readonly target: EmissionTarget;
  readonly makeRouter: RouterFactory;
  readonly clock: Clock;
}

/** A line that was not taken. */
export interface BadLine {
  /** 0-based within the chunk, blank lines counted. */
  readonly lineInChunk: number;
  /** Where in the line the fault was seen, 1-based. */
  readonly byte: number;
  readonly fault: LineFault;
  readonly reason: string;
  /** Copied from the chunk, line end excluded. */
  readonly text: Buffer;
}

/** The events of a chunk that are committed, in columns; event n is row n. */
export interface CommittedEvents {
  readonly committed: Committed;
  readonly partitions: Uint16Array;
  readonly partitionNames: readonly string[];
  readonly offsets: Float64Array;
  readonly times: Float64Array;
  /** Lines within the chunk, 0-based, blank lines counted. */
  readonly linesInChunk: Uint32Array;
  /** Scan rows, for a caller that made the chunk itself. */
  readonly rows: Uint32Array;
  /** Payload bytes. */
  readonly bytes: number;
}

/** A line that was committed before, and where. */
export interface DuplicateLine {
  readonly row: number;
  readonly sequence: number;
}

export interface ChunkReport {
  /** Null where nothing of the chunk was left to commit. */
  readonly events: CommittedEvents | null;
  readonly late: number;
  readonly duplicates: readonly DuplicateLine[];
  readonly badLines: readonly BadLine[];
  /** Whether the chunk ended at its bad line. */
  readonly hasStopped: boolean;
  /** Lines of the chunk, blank ones too. */
  readonly lineCount: number;
}

interface RoutedScan {
  readonly basis: Basis;
  readonly scanner: Scanner;
  readonly lines: ScannedLines;
  readonly judge: Judge;
}

export class Emitter {
  readonly #parts: EmitterParts;
  readonly #settings: EmissionSettings;
  readonly #builder: DraftBuilder;
  #routed: RoutedScan | undefined;

  constructor(parts: EmitterParts, settings: EmissionSettings) {
    this.#parts = parts;
    this.#settings = settings;
    this.#builder = new DraftBuilder(settings);
  }

  /** `callOf`: the call of each scan row, where calls share the chunk. @throws what the ledger throws. */
  async emit(chunk: Chunk, options: { producer?: ProducerTrack | null; callOf?: Uint32Array | null } = {}): Promise<ChunkReport> {
    const producer = options.producer ?? null;
    let routed = await this.#route(null);
    let verdicts = this.#scan(routed, chunk);
    const exclusions: Exclusions = {
      done: new Uint8Array(verdicts.count),
      faults: new Uint8Array(verdicts.count),
      callOf: options.callOf ?? null,
    };
    const duplicates: DuplicateLine[] = [];
    if (producer !== null) markDone(exclusions, routed.lines, producer.resumeAt(chunk));
    const now = this.#parts.clock.nowMicros();
    for (;;) {
      const built = this.#builder.build(chunk, verdicts, exclusions, routed.basis, now);
      if (built.draft.count === 0) return this.#report(chunk, routed, verdicts, built, duplicates, null);
      const step = producer?.step(chunk, draftEnd(chunk, routed.lines, built)) ?? null;
      const outcome = await this.#parts.target.commit({ ...built.draft, producer: step });
      if (outcome.kind === 'committed') {
        if (step !== null) producer?.learn(step);
        this.#routed = { ...routed, basis: { ...routed.basis, floor: outcome.head.time } };
        return this.#report(chunk, routed, verdicts, built, duplicates, outcome);
      }
      const before = routed.basis;
      routed = await this.#route(outcome.basis);
      if (routed.basis.epoch.epoch !== before.epoch.epoch) verdicts = this.#scan(routed, chunk);
      this.#takeAnswer(outcome, built, exclusions, duplicates);
      if (producer !== null && outcome.producer !== null) {
        producer.learn(outcome.producer);
        markDone(exclusions, routed.lines, producer.resumeAt(chunk));
      }
    }
  }

  /** The scan for the basis there is; made anew only when an epoch begins. */
  async #route(basis: Basis | null): Promise<RoutedScan> {
    const known = this.#routed;
    const wanted = basis ?? known?.basis ?? (await this.#parts.target.basis());
    if (known !== undefined && known.basis.epoch.epoch === wanted.epoch.epoch) {
      this.#routed = { ...known, basis: wanted };
      return this.#routed;
    }
    const router: Router = this.#parts.makeRouter(wanted.epoch, wanted.partitionNames);
    const slots = fieldSlots(this.#settings, router.fields);
    this.#routed = {
      basis: wanted,
      scanner: new Scanner(planScan(slots.paths, scanLimits(this.#settings))),
      lines: new ScannedLines(slots.paths.length),
      judge: new Judge(this.#settings, slots, router, this.#parts.clock),
    };
    return this.#routed;
  }

  #scan(routed: RoutedScan, chunk: Chunk): Verdicts {
    routed.scanner.scan(chunk.bytes, chunk.start, chunk.end, routed.lines);
    return routed.judge.judge(chunk, routed.lines);
  }

  /** Takes out of the next draft what the ledger says it has. */
  #takeAnswer(conflict: Conflict, built: BuiltDraft, exclusions: Exclusions, duplicates: DuplicateLine[]): void {
    for (const known of conflict.known) {
      const row = built.lines[known.index] as number;
      if (known.isRepeat) {
        exclusions.done[row] = 1;
        duplicates.push({ row, sequence: known.sequence });
      } else {
        exclusions.faults[row] = LineFault.ID_CONFLICT;
      }
    }
  }

  #report(
    chunk: Chunk,
    routed: RoutedScan,
    verdicts: Verdicts,
    built: BuiltDraft,
    duplicates: readonly DuplicateLine[],
    committed: Committed | null,
  ): ChunkReport {
    const repeats = built.repeats.map(({ line, index }) => ({ row: line, sequence: (committed?.firstSequence ?? 0) + index }));
    return {
      events: committed === null ? null : committedEvents(routed, verdicts, built, committed),
      late: built.late,
      duplicates: [...duplicates, ...repeats],
      badLines: built.badLines.map((bad) => this.#badLine(chunk, routed, bad)),
      hasStopped: built.stoppedAt !== null,
      lineCount: routed.lines.lineCount,
    };
  }

  #badLine(chunk: Chunk, routed: RoutedScan, { line, fault }: BadLineAt): BadLine {
    const { lines, basis } = routed;
    const start = lines.starts[line] as number;
    const settings = this.#settings;
    const context = {
      lineBytesMax: settings.lineBytesMax,
      depthMax: settings.depthMax,
      routing: formatRoutingSpec(basis.epoch.spec),
      timePath: settings.time === null ? 'time' : formatFieldPath(settings.time),
      uniquePath: settings.unique === null ? '' : formatFieldPath(settings.unique),
      maxSkew: `${settings.maxSkewMicros / 3_600_000_000} h`,
    };
    const at = lines.fault(line) === fault ? (lines.faultsAt[line] as number) : start;
    return {
      lineInChunk: lines.numbers[line] as number,
      byte: at - start + 1,
      fault,
      reason: describeLineFault(fault, context),
      text: Buffer.from(chunk.bytes.subarray(start, lines.ends[line])),
    };
  }
}

function committedEvents({ basis, lines }: RoutedScan, verdicts: Verdicts, built: BuiltDraft, committed: Committed): CommittedEvents {
  const { count } = committed;
  const partitions = new Uint16Array(count);
  const offsets = new Float64Array(count);
  const linesInChunk = new Uint32Array(count);
  const nextOffset = new Map(built.draft.frames.map((frame, at) => [frame.partition, committed.offsets[at] as number]));
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    const row = built.lines[index] as number;
    const partition = verdicts.partitions[row] as number;
    const offset = nextOffset.get(partition) as number;
    nextOffset.set(partition, offset + 1);
    partitions[index] = partition;
    offsets[index] = offset;
    linesInChunk[index] = lines.numbers[row] as number;
    bytes += (verdicts.ends[row] as number) - (verdicts.starts[row] as number);
  }
  // the ledger lifts arrival times to its floor, all of a draft alike
  const times = built.draft.isLiftable ? new Float64Array(count).fill(committed.firstTime) : built.times;
  return { committed, partitions, partitionNames: basis.partitionNames, offsets, times, linesInChunk, rows: built.lines, bytes };
}

/** Behind which byte of the chunk the input goes on after the draft. */
function draftEnd(chunk: Chunk, lines: ScannedLines, built: BuiltDraft): number {
  return built.stoppedAt === null ? chunk.end : (lines.starts[built.stoppedAt] as number);
}

function markDone(exclusions: Exclusions, lines: ScannedLines, resumeAt: number): void {
  for (let line = 0; line < lines.count && (lines.starts[line] as number) < resumeAt; line++) exclusions.done[line] = 1;
}

/** A bad line as an error, for whoever stops at it. */
export function badLineError(bad: BadLine, place: { source: string; line: number }, done: string): LedgerError {
  const code = bad.fault === LineFault.ID_CONFLICT ? 'ID_CONFLICT' : 'BAD_LINE';
  return new LedgerError(code, {
    message: `${place.source}: line ${place.line}, byte ${bad.byte}: ${bad.reason}${done}`,
    hint: 'mend the line and emit from it on, or keep bad lines aside and go on: --rejects FILE',
    details: { source: place.source, line: place.line, byte: bad.byte, reason: bad.reason },
  });
}
