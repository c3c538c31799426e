/**
 * Emits one chunk: scan, judge, build, offer, and build again as long as the ledger answers with a conflict.
 * It must not know how the ledger stores anything, nor where chunks come from.
 */

import type {
  Basis,
  CommitDraft,
  CommitOutcome,
  CommitPipeline,
  Committed,
  Conflict,
} from '../../model/events/commit.ts';
import type { RouterFactory } from '../../model/routing/router.ts';
import type { Pin, SessionRouter } from '../../model/routing/session-pins.ts';
import type { Clock } from '../../model/time/clock.ts';
import { describeLineFault, LineFault } from '../../scan/line-fault.ts';
import type { ScannedLines } from '../../scan/scanned-lines.ts';
import { Scanner } from '../../scan/scanner.ts';
import {
  type ChunkEncoder,
  type EncoderParts,
  encoderParts,
  type ReadChunk,
  ReferenceEncoder,
} from '../draft/chunk-encoder.ts';
import type { BadLineAt, BuiltDraft, SkippedLines } from '../draft/draft-builder.ts';
import { type EmissionSettings, faultContext, scanLimits } from '../draft/settings.ts';
import type { Chunk } from '../input/chunk.ts';
import { ChunkRejects, type KeepRejects } from './chunk-rejects.ts';
import { type BadLine, type ChunkReport, CommittedEvents, type DuplicateLine } from './chunk-report.ts';
import type { InputProgress } from './producer-progress.ts';

/** What emission needs of a ledger. */
export interface EmissionTarget {
  basis(): Promise<Basis>;
  /** The pins of these sessions; those without one are left out. */
  pinsOf(sessions: readonly string[]): Promise<readonly Pin[]>;
  commit(draft: CommitDraft): Promise<CommitOutcome>;
  /** Null where drafts can only be committed one after the other. */
  readonly openPipeline: (() => Promise<CommitPipeline>) | null;
}

export interface EmitterParts {
  readonly target: EmissionTarget;
  readonly makeRouter: RouterFactory;
  readonly clock: Clock;
}

/** Below this the kernel costs more than it saves: it has to be loaded and compiled first. */
const KERNEL_FROM_BYTES = 64 * 1024;

/** Sessions that take more memory are forgotten and asked for again: a quarter of a million of them, with keys of a usual length. */
const SESSION_BYTES_MAX = 20 * 1024 * 1024;

/** The presses of one epoch. */
interface EpochEncoders {
  readonly parts: EncoderParts;
  readonly small: ChunkEncoder;
  large: ChunkEncoder | undefined;
}

export class Emitter {
  readonly #parts: EmitterParts;
  readonly #settings: EmissionSettings;
  /** Whether drafts depend on nothing the ledger alone can answer, so that several may be on their way. */
  readonly mayOverlap: boolean;
  /** The same for an input that nobody else's commit can turn into a bad one without ending it. */
  readonly mayForesee: boolean;
  #basis: Basis | undefined;
  #encoders: EpochEncoders | undefined;

  constructor(parts: EmitterParts, settings: EmissionSettings) {
    this.#parts = parts;
    this.#settings = settings;
    this.mayForesee = settings.unique === null && settings.onBadLine === 'stop';
    this.mayOverlap = settings.unique === null && settings.late === 'record' && settings.onBadLine !== 'calls';
  }

  get parts(): EmitterParts {
    return this.#parts;
  }

  /** Longest line of input in bytes, which may be more than a payload. */
  get lineBytesMax(): number {
    return scanLimits(this.#settings).lineBytesMax;
  }

  /**
   * `callOfRow`: the call of each scan row, where calls share the chunk. `keepRejects`: gets the bad lines in place of the report, before the commit that passes
   * over them. @throws what the ledger and `keepRejects` throw.
   */
  async emit(
    chunk: Chunk,
    options: { producer?: InputProgress | null; callOfRow?: Uint32Array; keepRejects?: KeepRejects | null } = {},
  ): Promise<ChunkReport> {
    const producer = options.producer ?? null;
    const keepRejects = options.keepRejects ?? null;
    if (this.hasTooManySessions) this.forgetSessions();
    let basis = await this.basis();
    let encoder = await this.encoderFor(chunk, basis);
    let read = await this.read(chunk, encoder);
    const rejects = new ChunkRejects(read.checked.count, options.callOfRow);
    const { skipped } = rejects;
    const duplicates: DuplicateLine[] = [];
    if (producer !== null) markDone(skipped, read.lines, producer.resumeAt(chunk));
    const now = this.#parts.clock.nowMicros();
    for (;;) {
      const built = encoder.build(chunk, read, skipped, basis, now);
      const fresh = keepRejects === null ? [] : rejects.freshIn(built);
      if (built.draft.count === 0 || fresh.length > 0) {
        // no commit reveals a newer epoch to lines that are rejected before it: only the ledger can say whether one would take them
        const newest = built.badLines.length === 0 ? basis : await this.#parts.target.basis();
        if (newest.epoch.epoch !== basis.epoch.epoch) {
          basis = newest;
          encoder = await this.encoderFor(chunk, basis);
          read = await this.read(chunk, encoder);
          continue;
        }
        if (fresh.length > 0) await keepRejects?.(this.badLines(chunk, basis, read, fresh));
        rejects.settle(fresh);
        if (built.draft.count === 0) return this.report(chunk, basis, read, built, duplicates, null);
      }
      const step = producer?.step(chunk, draftEnd(chunk, read.lines, built)) ?? null;
      const outcome = await this.#parts.target.commit({ ...built.draft, producer: step });
      if (outcome.kind === 'committed') {
        if (step !== null) producer?.learn(step);
        this.pinsSubmitted();
        this.learn(basisBehind(basis, outcome));
        return this.report(chunk, basis, read, built, duplicates, outcome);
      }
      takeAnswer(outcome, built, skipped, duplicates);
      this.learnPins(outcome.pins);
      const hasNewEpoch = outcome.basis.epoch.epoch !== basis.epoch.epoch;
      basis = outcome.basis;
      if (hasNewEpoch) {
        encoder = await this.encoderFor(chunk, basis);
        read = await this.read(chunk, encoder);
      }
      if (producer !== null && outcome.producer !== null) {
        producer.learn(outcome.producer);
        markDone(skipped, read.lines, producer.resumeAt(chunk));
      }
    }
  }

  /** What the next draft is to be built upon, as far as is known. */
  async basis(): Promise<Basis> {
    return this.#basis ?? this.#parts.target.basis();
  }

  learn(basis: Basis): void {
    this.#basis = basis;
  }

  /** Reads a chunk, and asks the ledger for the sessions in it that were not met before. */
  async read(chunk: Chunk, encoder: ChunkEncoder): Promise<ReadChunk> {
    const read = encoder.read(chunk);
    const sessions = this.#sessions;
    const unasked = sessions?.takeUnasked() ?? [];
    if (unasked.length > 0) sessions?.learn(await this.#parts.target.pinsOf(unasked));
    return read;
  }

  /** What the ledger answered in a conflict. */
  learnPins(pins: readonly Pin[]): void {
    this.#sessions?.learn(pins);
  }

  /** The draft built last is on its way. Returns what takes its pins back. */
  pinsSubmitted(): () => void {
    return this.#sessions?.settle() ?? (() => {});
  }

  get hasTooManySessions(): boolean {
    return (this.#sessions?.bytes ?? 0) > SESSION_BYTES_MAX;
  }

  /** Not while a draft is on its way. */
  forgetSessions(): void {
    this.#sessions?.forget();
  }

  get #sessions(): SessionRouter | null {
    return this.#encoders?.parts.router.sessions ?? null;
  }

  /** The press for a chunk of this size in this epoch. */
  async encoderFor(chunk: Chunk, basis: Basis): Promise<ChunkEncoder> {
    if (this.#encoders?.parts.epoch.epoch !== basis.epoch.epoch) {
      const parts = encoderParts(this.#parts.makeRouter, this.#parts.clock, this.#settings, basis);
      this.#encoders = { parts, small: new ReferenceEncoder(parts, new Scanner(parts.plan)), large: undefined };
    }
    const encoders = this.#encoders;
    if (chunk.end - chunk.start < KERNEL_FROM_BYTES) return encoders.small;
    if (encoders.large === undefined) {
      const { kernelEncoder } = await import('../draft/kernel-encoder.ts');
      encoders.large = kernelEncoder(encoders.parts);
    }
    return encoders.large;
  }

  /** What became of a chunk; `read` must still be valid. */
  report(
    chunk: Chunk,
    basis: Basis,
    read: ReadChunk,
    built: BuiltDraft,
    duplicates: readonly DuplicateLine[],
    committed: Committed | null,
  ): ChunkReport {
    const repeats = built.repeats.map(({ line, index }) => ({
      row: line,
      sequence: (committed?.firstSequence ?? 0) + index,
    }));
    return {
      events: committed === null ? null : new CommittedEvents(committed, basis.partitionNames, read, built),
      late: built.late,
      duplicates: [...duplicates, ...repeats],
      // lines that are collected were handed over before the commit, each once
      badLines: this.#settings.onBadLine === 'collect' ? [] : this.badLines(chunk, basis, read, built.badLines),
      hasStopped: built.stoppedAt !== null,
      lineCount: read.lines.lineCount,
    };
  }

  /** Bad lines with their reasons; `read` must still be valid. */
  badLines(chunk: Chunk, basis: Basis, { lines }: ReadChunk, bad: readonly BadLineAt[]): BadLine[] {
    return bad.map((each) => this.#badLine(chunk, basis, lines, each));
  }

  #badLine(chunk: Chunk, basis: Basis, lines: ScannedLines, { line, fault }: BadLineAt): BadLine {
    const start = lines.starts[line] as number;
    const at = lines.fault(line) === fault ? (lines.faultsAt[line] as number) : start;
    return {
      lineInChunk: lines.numbers[line] as number,
      byte: at - start + 1,
      fault,
      reason: describeLineFault(fault, faultContext(this.#settings, basis.epoch.spec)),
      text: Buffer.from(chunk.bytes.subarray(start, lines.ends[line])),
    };
  }
}

/** What the next draft is built upon behind a commit. */
function basisBehind(basis: Basis, { head, loads }: Committed): Basis {
  return { ...basis, floor: head.time, sessions: loads === null ? null : { loads, hasPins: true } };
}

/** Takes out of the next draft what the ledger says it has. */
function takeAnswer(conflict: Conflict, built: BuiltDraft, skipped: SkippedLines, duplicates: DuplicateLine[]): void {
  if (conflict.known.length === 0) return;
  const rows = built.lines();
  for (const known of conflict.known) {
    const row = rows[known.index] as number;
    if (known.isRepeat) {
      skipped.done[row] = 1;
      duplicates.push({ row, sequence: known.sequence });
    } else {
      skipped.faults[row] = LineFault.ID_CONFLICT;
      skipped.hasFaults = true;
    }
  }
}

/** Behind which byte of the chunk the input goes on after the draft. */
export function draftEnd(chunk: Chunk, lines: ScannedLines, built: BuiltDraft): number {
  return built.stoppedAt === null ? chunk.end : (lines.starts[built.stoppedAt] as number);
}

function markDone(skipped: SkippedLines, lines: ScannedLines, resumeAt: number): void {
  for (let line = 0; line < lines.count && (lines.starts[line] as number) < resumeAt; line++) skipped.done[line] = 1;
}
