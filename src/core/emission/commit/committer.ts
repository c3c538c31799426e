/**
 * Commits chunks in the order in which they are sent, and builds drafts again after a conflict: the only retry protocol of emission.
 * The protocol is the same for one chunk at a time and for several in flight; the path sets the number. With several, the next chunks are scanned and built
 * while one is being committed, each as if the drafts before it were committed. It must not know how the ledger stores anything, nor where chunks come from.
 */

import type {
  Basis,
  CommitOutcome,
  Committed,
  Conflict,
  FrameDraft,
  ProducerStep,
  Stale,
} from '../../model/events/commit.ts';
import { invariant } from '../../model/ledger-error.ts';
import type { BadLine } from '../draft/bad-line.ts';
import type { BuiltDraft } from '../draft/draft-builder.ts';
import type { DraftFactory, EncodedChunk } from '../draft/draft-factory.ts';
import type { Chunk } from '../input/chunk.ts';
import { Backlog } from './backlog.ts';
import { type ChunkReport, CommittedEvents } from './chunk-report.ts';
import type { CommitPath } from './commit-path.ts';
import type { EmissionTarget } from './emission-target.ts';
import type { InputProgress } from './producer-progress.ts';
import { SentChunk } from './sent-chunk.ts';

export interface Committer {
  /**
   * Commits a chunk, or has it in flight when it resolves: its memory must stay as it is until it is completed.
   * `drafts`: in place of the committer's own, for a call with a routing override. @throws what the ledger and the hooks throw.
   */
  send(chunk: Chunk, drafts?: DraftFactory): Promise<void>;
  /** As {@link Backlog.busy}. */
  busy(): Promise<void> | null;
  /** Resolves when every chunk sent is completed. */
  drain(): Promise<void>;
  /** Ends the writing thread, if there is one. Does not wait for chunks in flight: drain first. */
  close(): Promise<void>;
}

/** Called once for each chunk, in the order of sending. The next chunk is completed only after it resolves. */
export type OnCompleted = (chunk: Chunk, report: ChunkReport) => Promise<void>;

/** Keeps the rejected lines of a chunk before its draft is offered; `linesBefore`: lines of the chunks in flight before it. */
export type OnRejects = (lines: readonly BadLine[], linesBefore: number) => Promise<void>;

export interface CommitterParts {
  readonly target: Pick<EmissionTarget, 'basis'>;
  readonly drafts: DraftFactory;
  readonly onCompleted: OnCompleted;
  /** Null if a bad line ends the input or its call. */
  readonly onRejects: OnRejects | null;
  readonly progress: InputProgress | null;
}

type Load = Pick<FrameDraft, 'partition' | 'count'>;

interface InFlight {
  readonly sent: SentChunk;
  /** The basis its draft was built on. */
  readonly basis: Basis;
  readonly report: Pick<ChunkReport, 'bytes' | 'late' | 'badLines' | 'lineCount'>;
  /** Events per partition that it adds. */
  readonly frames: readonly Load[];
  readonly repeats: BuiltDraft['repeats'];
  /** Rows of the draft's events. */
  readonly rows: BuiltDraft['lines'];
  /** Null if other chunks are read before this one is completed: they overwrite its scan. */
  readonly eventsOf: ((committed: Committed) => CommittedEvents) | null;
  readonly step: ProducerStep | null;
  readonly undoPins: () => void;
  /** Null if the chunk has nothing left to commit. */
  readonly answer: Promise<CommitOutcome | Stale> | null;
}

/**
 * States: running -> stopped (a chunk ended at a bad line: later chunks are held) -> running (a newer epoch accepts the line: the chunk and those held are built
 * again). When a stopped chunk is completed, `onCompleted` throws, and nothing more is sent.
 * After a conflict all drafts in flight are built again, in order, as the next generation. After a failure they are discarded.
 */
export class ChunkCommitter implements Committer {
  readonly #parts: CommitterParts;
  readonly #path: CommitPath;
  /** The oldest first. */
  #inFlight: InFlight[] = [];
  #held: SentChunk[] = [];
  #hasStopped = false;
  #generation = 0;
  readonly #backlog = new Backlog();
  /** The basis of the next draft, as if all in flight were committed; undefined before the first chunk. */
  #basis: Basis | undefined;

  constructor(parts: CommitterParts, path: CommitPath) {
    this.#parts = parts;
    this.#path = path;
  }

  async send(chunk: Chunk, drafts = this.#parts.drafts): Promise<void> {
    this.#path.prepare(chunk);
    const { inFlightMax } = this.#path;
    while (this.#inFlight.length > 0 && this.#inFlight.length + this.#held.length >= inFlightMax)
      await this.#completeOldest();
    if (drafts.hasTooManySessions) {
      await this.drain();
      drafts.forgetSessions();
    }
    await this.#submit(new SentChunk(chunk, drafts));
    // drained now, a stopped chunk either throws or is accepted by a newer epoch
    if (this.#hasStopped || this.#path.isAwaited(chunk)) await this.drain();
  }

  busy(): Promise<void> | null {
    return this.#backlog.busy();
  }

  async drain(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#completeOldest();
  }

  close(): Promise<void> {
    return this.#path.close();
  }

  async #submit(sent: SentChunk): Promise<void> {
    const { chunk, drafts } = sent;
    const { target, progress } = this.#parts;
    while (!this.#hasStopped) {
      this.#basis ??= await target.basis();
      const basis = this.#basis;
      const read = await this.#read(sent, basis);
      if (read === null) continue;
      const skipped = sent.skipped(read.checked.count);
      // the ledger's position applies to the oldest chunk in flight only
      if (progress !== null && this.#inFlight.length === 0) sent.skipBefore(progress.resumeAt(chunk), read.lines);
      const built = drafts.build(read, skipped, basis);
      if (!(await this.#handOverRejects(sent, read, built, basis))) continue;
      this.#hasStopped = built.stoppedAt !== null;
      this.#inFlight.push(this.#offer(sent, read, built, basis));
      return;
    }
    this.#held.push(sent);
  }

  /** Null if the chunk must be read again: by the known epoch its override is invalid, such as a new partition, and a newer epoch is in force. */
  async #read({ chunk, drafts }: SentChunk, basis: Basis): Promise<EncodedChunk | null> {
    try {
      return await drafts.read(chunk, basis);
    } catch (error) {
      if (await this.#isOutdated(basis)) return null;
      throw error;
    }
  }

  /** Whether a newer epoch is in force; if so, the next draft is built on it. */
  async #isOutdated(basis: Basis): Promise<boolean> {
    const { target } = this.#parts;
    const { epoch } = (await target.basis()).epoch;
    if (epoch === basis.epoch.epoch) return false;
    // drafts in flight come first: their conflict brings the newer epoch, if there are any
    await this.drain();
    if (this.#basis?.epoch.epoch !== epoch) this.#basis = await target.basis();
    return true;
  }

  /** Offers a draft and assumes that it is committed. */
  #offer(sent: SentChunk, read: EncodedChunk, built: BuiltDraft, basis: Basis): InFlight {
    const { chunk, drafts } = sent;
    const { draft, bytes, late, repeats, lines: rows } = built;
    const isCollected = drafts.settings.onBadLine === 'collect';
    const report = {
      bytes,
      late,
      // under `collect` bad lines were handed over before, each once
      badLines: isCollected ? [] : drafts.badLines(read, built.badLines, basis),
      lineCount: read.lines.lineCount,
    };
    const frames = draft.frames.map(({ partition, count }) => ({ partition, count }));
    const eventsOf =
      this.#path.inFlightMax === 1
        ? (committed: Committed) => new CommittedEvents(committed, basis.partitionNames, read, built)
        : null;
    const inFlight = { sent, basis, report, frames, repeats, rows, eventsOf };
    if (draft.count === 0) return { ...inFlight, step: null, undoPins: () => {}, answer: null };
    const step = this.#parts.progress?.step(chunk, draftEnd(read, built)) ?? null;
    const answer = this.#path.offer(
      { ...draft, producer: step, expectedHead: sent.chunk.expectedHead },
      this.#generation,
    );
    // awaited when its turn comes; until then a failure must not count as unhandled
    this.#backlog.add(answer);
    const { sessions } = basis;
    this.#basis = {
      ...basis,
      floor: Math.max(basis.floor, draft.lastTime),
      sessions:
        sessions === null
          ? null
          : { hasPins: true, loads: withFrames(sessions.loads, frames), head: sessions.head + draft.count },
    };
    return { ...inFlight, step, undoPins: drafts.assumePins(draft.count), answer };
  }

  /**
   * Hands over the lines that the draft rejects. False if a newer epoch is in force: the chunk must be built again. Rejects are handed over before their commit,
   * and a fully rejected chunk has none, so no commit would reveal a newer epoch: only the ledger can say whether it would accept these lines.
   */
  async #handOverRejects(sent: SentChunk, read: EncodedChunk, built: BuiltDraft, basis: Basis): Promise<boolean> {
    const { onRejects } = this.#parts;
    const rejects = onRejects === null ? [] : sent.newRejects(built);
    const isAllBad = built.draft.count === 0 && built.badLines.length > 0;
    if (rejects.length === 0 && !isAllBad) return true;
    if (await this.#isOutdated(basis)) return false;
    if (rejects.length === 0) return true;
    const linesBefore = this.#inFlight.reduce((sum, { report }) => sum + report.lineCount, 0);
    await onRejects?.(sent.drafts.badLines(read, rejects, basis), linesBefore);
    sent.skipRejects(rejects);
    return true;
  }

  /** Waits for the oldest draft in flight; a conflict submits all of them again. */
  async #completeOldest(): Promise<void> {
    const [oldest] = this.#inFlight;
    if (oldest === undefined) return;
    const { sent, report, repeats, eventsOf } = oldest;
    const outcome = await this.#answerTo(oldest);
    if (outcome?.kind === 'conflict') return this.#resubmitAll(oldest, outcome);
    this.#inFlight.shift();
    sent.drafts.releaseRead();
    if (outcome !== null) this.#learn(oldest, outcome);
    const firstSequence = outcome?.firstSequence ?? 0;
    await this.#parts.onCompleted(sent.chunk, {
      ...report,
      late: report.late + (outcome?.late ?? 0),
      committed: outcome,
      events: outcome === null || eventsOf === null ? null : eventsOf(outcome),
      duplicates: [
        ...sent.duplicates,
        ...repeats.map(({ line, index }) => ({ row: line, sequence: firstSequence + index })),
      ],
      resumed: sent.resumed,
    });
  }

  /** On a failure discards all drafts in flight: they were built on the one that failed, and the ledger is still at its basis. */
  async #answerTo({ answer, basis, sent }: InFlight): Promise<CommitOutcome | null> {
    try {
      const outcome = (await answer) ?? null;
      invariant(outcome?.kind !== 'stale', 'a draft is stale before one that is not');
      return outcome;
    } catch (error) {
      this.#undoPins();
      sent.drafts.releaseRead();
      this.#inFlight = [];
      this.#held = [];
      this.#hasStopped = false;
      this.#basis = basis;
      // a thread accepts nothing after a failure; a caller that continues, such as after a full disk, gets another one
      await this.#path.close().catch(() => {});
      throw error;
    }
  }

  /** Takes the ledger's own head and counts, because others may have committed in between, and adds the drafts in flight. */
  #learn({ basis, step }: InFlight, { head, loads }: Committed): void {
    if (step !== null) this.#parts.progress?.learn(step);
    const known = this.#basis ?? basis;
    this.#basis = {
      ...known,
      floor: Math.max(known.floor, head.time),
      sessions:
        loads === null
          ? null
          : {
              hasPins: true,
              loads: this.#inFlight.reduce((sum, { frames }) => withFrames(sum, frames), loads),
              head: this.#inFlight.reduce((sum, { frames }) => sum + eventsOf(frames), head.sequence),
            },
    };
  }

  async #resubmitAll(oldest: InFlight, { basis, known, pins, producer }: Conflict): Promise<void> {
    if (known.length > 0) oldest.sent.skipKnown(known, oldest.rows());
    this.#undoPins();
    oldest.sent.drafts.learnPins(pins);
    if (producer !== null) this.#parts.progress?.learn(producer);
    const chunks = [...this.#inFlight.map(({ sent }) => sent), ...this.#held];
    this.#inFlight = [];
    this.#held = [];
    this.#hasStopped = false;
    this.#generation++;
    this.#basis = basis;
    for (const sent of chunks) await this.#submit(sent);
  }

  #undoPins(): void {
    for (const { undoPins } of this.#inFlight.toReversed()) undoPins();
  }
}

/** Byte offset in the chunk at which the input continues after the draft. */
function draftEnd({ chunk, lines }: EncodedChunk, { stoppedAt }: BuiltDraft): number {
  return stoppedAt === null ? chunk.end : (lines.starts[stoppedAt] as number);
}

function eventsOf(frames: readonly Load[]): number {
  return frames.reduce((sum, { count }) => sum + count, 0);
}

/** The counts of events with those of some frames; partitions beyond those that take keys are not counted. */
function withFrames(loads: readonly number[], frames: readonly Load[]): readonly number[] {
  const sums = [...loads];
  for (const { partition, count } of frames)
    if (partition < sums.length) sums[partition] = (sums[partition] as number) + count;
  return sums;
}
