/** A path of drafts to the ledger: direct, one at a time, or through a writing thread, because a commit waits for the disk. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CommitDraft, CommitOutcome, CommitPipeline, Stale } from '../../model/events/commit.ts';
import type { Chunk } from '../input/chunk.ts';
import type { EmissionTarget } from './emission-target.ts';

export interface CommitPath {
  /** Maximum number of drafts in flight; changes only in {@link prepare}. */
  readonly inFlightMax: number;
  /** Called before each chunk, so that a path may change while nothing is in flight. */
  prepare(chunk: Chunk): void;
  /** Whether the sender waits until the chunk is committed. */
  isAwaited(chunk: Chunk): boolean;
  /** As {@link CommitPipeline.offer}. */
  offer(draft: CommitDraft, generation: number): Promise<CommitOutcome | Stale>;
  /** Ends the writing thread, even one that is still starting. The path may be used again and is then in its first state. */
  close(): Promise<void>;
}

export class DirectPath implements CommitPath {
  readonly inFlightMax = 1;
  readonly #target: Pick<EmissionTarget, 'commit'>;

  constructor(target: Pick<EmissionTarget, 'commit'>) {
    this.#target = target;
  }

  prepare(): void {}

  isAwaited(): boolean {
    return true;
  }

  offer(draft: CommitDraft): Promise<CommitOutcome> {
    return this.#target.commit(draft);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export interface ThreadOptions {
  /** Maximum number of drafts in flight once the thread is in use. */
  readonly inFlightMax: number;
  /** Whether to start a thread; `chunks`: number of chunks sent since one last waited for other processes, this one included. */
  readonly isDue: (chunk: Chunk, chunks: number) => boolean;
  /** Whether the sender waits until this chunk is committed although several may be in flight. */
  readonly isAwaited: (chunk: Chunk) => boolean;
}

/**
 * States: direct -> starting (a thread is due; drafts are still committed directly) -> threaded (from the first chunk after the thread is ready)
 * -> direct (closed). If the thread does not start, the path stays in `starting`: drafts are committed directly, as before.
 */
export class ThreadedPath implements CommitPath {
  readonly #target: Pick<EmissionTarget, 'commit'>;
  readonly #openPipeline: () => Promise<CommitPipeline>;
  readonly #options: ThreadOptions;
  #chunks = 0;
  /** Resolves with null if the thread does not start. */
  #starting: Promise<CommitPipeline | null> | undefined;
  /** A started thread that is not in use yet. */
  #ready: CommitPipeline | null = null;
  #pipeline: CommitPipeline | null = null;

  constructor(
    target: Pick<EmissionTarget, 'commit'>,
    openPipeline: () => Promise<CommitPipeline>,
    options: ThreadOptions,
  ) {
    this.#target = target;
    this.#openPipeline = openPipeline;
    this.#options = options;
  }

  get inFlightMax(): number {
    return this.#pipeline === null ? 1 : this.#options.inFlightMax;
  }

  prepare(chunk: Chunk): void {
    this.#pipeline ??= this.#ready;
    if (this.#starting === undefined && this.#options.isDue(chunk, ++this.#chunks)) this.#start();
  }

  isAwaited(chunk: Chunk): boolean {
    return this.inFlightMax === 1 || this.#options.isAwaited(chunk);
  }

  async offer(draft: CommitDraft, generation: number): Promise<CommitOutcome | Stale> {
    if (this.#pipeline !== null) return this.#pipeline.offer(draft, generation);
    // several commits in one turn of the event loop would keep the thread from getting ready
    if (this.#starting !== undefined && this.#ready === null) await nextTurn();
    const answer = this.#target.commit(draft);
    if (!(await isAtOnce(answer))) this.#chunks = 0;
    return answer;
  }

  async close(): Promise<void> {
    const pipeline = await this.#starting;
    this.#chunks = 0;
    this.#starting = undefined;
    this.#ready = null;
    this.#pipeline = null;
    await pipeline?.close();
  }

  #start(): void {
    this.#starting = this.#openPipeline().then(
      (pipeline) => {
        this.#ready = pipeline;
        return pipeline;
      },
      () => null,
    );
  }
}

/**
 * Whether the answer comes within this turn of the event loop, which the ledger blocks while it commits: otherwise it waits. By the function with a callback:
 * a small `emit` does not load `timers/promises`.
 */
function isAtOnce(answer: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const turn = setImmediate(() => resolve(false));
    const answered = (): void => {
      clearImmediate(turn);
      resolve(true);
    };
    answer.then(answered, answered);
  });
}
