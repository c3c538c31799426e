/** Commits aside of the caller's event loop: the first ones go straight to the ledger, later ones to a writing thread, because a commit waits for the disk. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Basis, CommitDraft, CommitOutcome, CommitPipeline } from '../../model/events/commit.ts';
import { invariant } from '../../model/ledger-error.ts';
import type { Pin } from '../../model/routing/session-pins.ts';
import type { EmissionTarget } from './emitter.ts';

/** So many commits make a caller that goes on; a few are done before the thread has started. */
const COMMITS_BEFORE_THREAD = 16;

/** Takes one draft at a time. */
export class ThreadedTarget implements EmissionTarget {
  readonly openPipeline = null;
  readonly #target: EmissionTarget;
  #commits = 0;
  #opening: Promise<void> | undefined;
  #pipeline: CommitPipeline | undefined;
  #generation = 0;

  constructor(target: EmissionTarget) {
    this.#target = target;
  }

  basis(): Promise<Basis> {
    return this.#target.basis();
  }

  pinsOf(sessions: readonly string[]): Promise<readonly Pin[]> {
    return this.#target.pinsOf(sessions);
  }

  async commit(draft: CommitDraft): Promise<CommitOutcome> {
    this.#commits++;
    if (this.#commits > COMMITS_BEFORE_THREAD) this.#opening ??= this.#open();
    if (this.#pipeline === undefined) {
      // commits that follow one another in one turn would keep the thread from ever being ready
      if (this.#opening !== undefined) await nextTurn();
      return this.#target.commit(draft);
    }
    try {
      const outcome = await this.#pipeline.offer(draft, this.#generation);
      invariant(outcome.kind !== 'stale', 'a draft that goes alone is stale');
      if (outcome.kind === 'conflict') this.#generation++;
      return outcome;
    } catch (error) {
      // a thread takes nothing more behind a failure; what may go on, such as after a full disk, goes on with another one
      await this.close();
      throw error;
    }
  }

  /** Lets go of the thread; the next commits are counted anew. */
  async close(): Promise<void> {
    await this.#opening;
    const pipeline = this.#pipeline;
    this.#pipeline = undefined;
    this.#opening = undefined;
    this.#commits = 0;
    await pipeline?.close();
  }

  async #open(): Promise<void> {
    try {
      this.#pipeline = await this.#target.openPipeline?.();
      this.#generation = 0;
    } catch {
      // without one, commits go on as before
    }
  }
}
