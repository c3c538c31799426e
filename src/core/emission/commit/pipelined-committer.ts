/**
 * Carries chunks of volume to the ledger with several on their way at once: while one is being committed the next ones are scanned and built.
 * Each is built on the one before it as if that were committed already. A conflict brings back all that are on their way, to be built anew.
 */

import type { Basis, CommitOutcome, CommitPipeline, Committed, FrameDraft, Stale } from '../../model/events/commit.ts';
import { invariant } from '../../model/ledger-error.ts';
import type { Pin } from '../../model/routing/session-pins.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { Micros } from '../../model/time/time.ts';
import type { ReadChunk } from '../draft/chunk-encoder.ts';
import type { BuiltDraft } from '../draft/draft-builder.ts';
import { CHUNKS_KEPT, type Chunk } from '../input/chunk.ts';
import { ChunkRejects } from './chunk-rejects.ts';
import type { BadLine, ChunkReport } from './chunk-report.ts';
import { draftEnd, type Emitter } from './emitter.ts';
import type { InputProgress } from './producer-progress.ts';

/** The memory of a chunk must outlast its way. */
const IN_FLIGHT_MAX = CHUNKS_KEPT - 2;

type Load = Pick<FrameDraft, 'partition' | 'count'>;

interface InFlight {
  readonly chunk: Chunk;
  readonly rejects: ChunkRejects;
  /** The report but for what the ledger says. */
  report: ChunkReport;
  bytes: number;
  /** What it adds to the partitions. */
  readonly frames: readonly Load[];
  /** Takes back the pins it made. */
  readonly unpin: () => void;
  /** Null where nothing of the chunk is left to commit. */
  answer: Promise<CommitOutcome | Stale> | null;
}

/** A chunk that has arrived: `committed` is null where nothing of it was left. */
export type OnCommitted = (
  chunk: Chunk,
  report: ChunkReport,
  committed: { readonly outcome: Committed; readonly bytes: number } | null,
) => Promise<void>;

/** Keeps the rejected lines of a chunk before it is offered; `linesBefore`: lines of the chunks that are still on their way before it. */
export type OnRejects = (lines: readonly BadLine[], linesBefore: number) => Promise<void>;

export interface PipelineOptions {
  /** Of an input whose steps do not depend on the ledger's answers. */
  readonly progress?: InputProgress | null;
  /** Where lines are collected. */
  readonly onRejects?: OnRejects | null;
}

export class PipelinedCommitter {
  readonly #emitter: Emitter;
  readonly #pipeline: CommitPipeline;
  readonly #clock: Clock;
  readonly #onCommitted: OnCommitted;
  readonly #progress: InputProgress | null;
  readonly #onRejects: OnRejects | null;
  #inFlight: InFlight[] = [];
  #generation = 0;
  /** What the next draft is built upon: the last one's end, as if it were committed. */
  #basis: Basis;
  /** A chunk ended at a bad line, and nothing behind it may be committed. */
  #hasStopped = false;
  /** Chunks behind that one: they go on if, built anew in another epoch, it has no bad line any more. */
  #held: Chunk[] = [];

  /** Chunks arrive at `onArrival` in the order in which they were sent. */
  constructor(
    emitter: Emitter,
    pipeline: CommitPipeline,
    basis: Basis,
    onCommitted: OnCommitted,
    { progress = null, onRejects = null }: PipelineOptions = {},
  ) {
    this.#emitter = emitter;
    this.#pipeline = pipeline;
    this.#clock = emitter.parts.clock;
    this.#basis = basis;
    this.#onCommitted = onCommitted;
    this.#progress = progress;
    this.#onRejects = onRejects;
  }

  get hasStopped(): boolean {
    return this.#hasStopped;
  }

  /** Sends a chunk; waits while as many are on their way as may be. @throws what the ledger throws. */
  async send(chunk: Chunk): Promise<void> {
    while (this.#inFlight.length + this.#held.length >= IN_FLIGHT_MAX) await this.#completeOldest();
    if (this.#emitter.hasTooManySessions) {
      await this.#completeAll();
      this.#emitter.forgetSessions();
    }
    await this.#sendOn(chunk);
  }

  async #sendOn(chunk: Chunk, rejects: ChunkRejects | null = null): Promise<void> {
    if (this.#hasStopped) {
      this.#held.push(chunk);
      return;
    }
    // launching may land others, and a conflict of theirs replaces the list
    const flight = await this.#submit(chunk, rejects);
    this.#inFlight.push(flight);
  }

  /** Resolves when everything sent has arrived. */
  async drain(): Promise<void> {
    await this.#completeAll();
    this.#emitter.learn(this.#basis);
  }

  async #completeAll(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#completeOldest();
  }

  async #submit(chunk: Chunk, known: ChunkRejects | null): Promise<InFlight> {
    const encoder = await this.#emitter.encoderFor(chunk, this.#basis);
    const read = await this.#emitter.read(chunk, encoder);
    const rejects = known ?? new ChunkRejects(read.checked.count);
    const now: Micros = this.#clock.nowMicros();
    const built = encoder.build(chunk, read, rejects.skipped, this.#basis, now);
    // in a newer epoch it may have other bad lines
    if (!(await this.#keepRejects(chunk, read, built, rejects))) return this.#submit(chunk, rejects);
    const report = this.#emitter.report(chunk, this.#basis, read, built, [], null);
    this.#hasStopped = built.stoppedAt !== null;
    const { draft } = built;
    if (draft.count === 0) return { chunk, rejects, report, bytes: 0, frames: [], unpin: () => {}, answer: null };
    const producer = this.#progress?.step(chunk, draftEnd(chunk, read.lines, built)) ?? null;
    const answer = this.#pipeline.offer({ ...draft, producer }, this.#generation);
    // looked at when its turn comes; until then a failure is no unhandled one
    answer.catch(() => {});
    const frames = draft.frames.map(({ partition, count }) => ({ partition, count }));
    const { sessions } = this.#basis;
    this.#basis = {
      ...this.#basis,
      floor: Math.max(this.#basis.floor, draft.lastTime),
      sessions: sessions === null ? null : { hasPins: true, loads: withFrames(sessions.loads, frames) },
    };
    return { chunk, rejects, report, bytes: built.bytes, frames, unpin: this.#emitter.pinsSubmitted(), answer };
  }

  /** Hands over the lines that the draft leaves out. False where a newer epoch is in force, by which the chunk is to be built again. */
  async #keepRejects(chunk: Chunk, read: ReadChunk, built: BuiltDraft, rejects: ChunkRejects): Promise<boolean> {
    const fresh = this.#onRejects === null ? [] : rejects.freshIn(built);
    if (fresh.length === 0) return true;
    const { epoch } = (await this.#emitter.parts.target.basis()).epoch;
    if (epoch !== this.#basis.epoch.epoch) {
      // what is on its way goes first: its conflict brings the newer epoch, unless nothing is
      await this.#completeAll();
      if (epoch !== this.#basis.epoch.epoch) this.#basis = await this.#emitter.parts.target.basis();
      return false;
    }
    const linesBefore = this.#inFlight.reduce((sum, { report }) => sum + report.lineCount, 0);
    await this.#onRejects?.(this.#emitter.badLines(chunk, this.#basis, read, fresh), linesBefore);
    rejects.settle(fresh);
    return true;
  }

  /** Waits for the first chunk on its way, or builds all of them anew where it met a conflict. */
  async #completeOldest(): Promise<void> {
    const first = this.#inFlight[0];
    if (first === undefined) return;
    const outcome = await first.answer;
    if (outcome !== null && outcome.kind !== 'committed') {
      invariant(outcome.kind === 'conflict', 'a draft is stale before one that is not');
      if (outcome.producer !== null) this.#progress?.learn(outcome.producer);
      this.#progress?.resumeAt(first.chunk);
      return this.#resubmitAll(outcome.basis, outcome.pins);
    }
    if (outcome === null && first.report.badLines.length > 0) {
      const newer = await this.#newerBasis();
      if (newer !== null) return this.#resubmitAll(newer);
    }
    this.#inFlight.shift();
    if (outcome !== null && outcome.loads !== null) this.#learnLoads(outcome.loads);
    await this.#onCommitted(first.chunk, first.report, outcome === null ? null : { outcome, bytes: first.bytes });
  }

  /** The ledger's counts, with what is on its way: others may have committed in between. */
  #learnLoads(loads: readonly number[]): void {
    const behind = this.#inFlight.reduce((sum, { frames }) => withFrames(sum, frames), loads);
    this.#basis = { ...this.#basis, sessions: { loads: behind, hasPins: true } };
  }

  /**
   * Of a chunk that was refused as a whole no commit tells whether the epoch is over whose rule refused it. The next commit behind it does: in whichever
   * epoch that one is, the chunk was. Null where it was rightly refused.
   */
  async #newerBasis(): Promise<Basis | null> {
    const next = this.#inFlight.find(({ answer }) => answer !== null);
    if (next !== undefined) {
      // a failure is told when it is the turn of that chunk
      const outcome = await next.answer?.catch(() => null);
      return outcome?.kind === 'conflict' ? outcome.basis : null;
    }
    const newest = await this.#emitter.parts.target.basis();
    return newest.epoch.epoch === this.#basis.epoch.epoch ? null : newest;
  }

  async #resubmitAll(basis: Basis, pins: readonly Pin[] = []): Promise<void> {
    for (const { unpin } of this.#inFlight.toReversed()) unpin();
    this.#emitter.learnPins(pins);
    const flights = this.#inFlight;
    const held = this.#held;
    this.#inFlight = [];
    this.#held = [];
    this.#hasStopped = false;
    this.#generation++;
    this.#basis = basis;
    for (const { chunk, rejects } of flights) await this.#sendOn(chunk, rejects);
    for (const chunk of held) await this.#sendOn(chunk);
  }
}

/** The counts of events with those of some frames; beyond the partitions that take keys nobody counts. */
function withFrames(loads: readonly number[], frames: readonly Load[]): readonly number[] {
  const sums = [...loads];
  for (const { partition, count } of frames)
    if (partition < sums.length) sums[partition] = (sums[partition] as number) + count;
  return sums;
}
