/** Walks commits in their order from any place in history: out of memory near the head, and else by folding from the seal before it. */

import type { StoredCommit } from '../../../model/events/commit.ts';
import type { SequenceRange } from '../../../model/events/range.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { Fold } from '../fold/fold.ts';
import { summaryOf } from '../fold/log-state.ts';
import type { OrderedLog } from '../ordered-log.ts';
import { BodyReader, type BytesAt, extentOf } from './bodies.ts';
import { foldedBodies } from './folded-bodies.ts';
import type { LiveFold } from './live-fold.ts';
import { lostMessages } from './lost-messages.ts';
import { framesIn } from './raised-frame.ts';
import type { Seals } from './seals.ts';
import { commitsOf, lastOf } from './stretch.ts';
import { type IsBefore, type Links, Stretches } from './stretches.ts';

/** A commit with the frames of the partitions that were asked for. */
export interface WalkedCommit {
  readonly folded: FoldedCommit;
  readonly stored: StoredCommit;
  /** Whether it is the last commit of its message. */
  readonly endsMessage: boolean;
}

export interface WalkRequest {
  readonly range: SequenceRange;
  readonly partitions: readonly number[] | null;
  readonly verify: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Folds that reads have left where the next one is likely to go on. */
const IDLE_MAX = 8;

export class HistoryWalk {
  readonly #log: OrderedLog;
  readonly #live: LiveFold;
  readonly #seals: Seals;
  readonly #stretches: Stretches;
  #idle: Fold[] = [];

  constructor(log: OrderedLog, live: LiveFold, seals: Seals) {
    this.#stretches = new Stretches(log, live, seals);
    this.#log = log;
    this.#live = live;
    this.#seals = seals;
  }

  /** The commits behind a place in history for which `isBefore` holds, and some before it, to the head. No bodies are read. */
  async links(isBefore: IsBefore): Promise<Links> {
    const { start, all } = this.#live.recent;
    if (isBefore(start) || start.sequence === 0) return { start, commits: listed(all) };
    return this.#stretches.links(isBefore);
  }

  /** Commits of the range with their frames, in order. Those without a frame of the partitions are left out. @throws LedgerError VERIFICATION_FAILED */
  async *commits(request: WalkRequest): AsyncGenerator<WalkedCommit, void, undefined> {
    const { range } = request;
    if (range.from > range.through) return;
    const { start, all } = this.#live.recent;
    if (start.sequence < range.from) yield* this.#listedCommits(all, request);
    else yield* this.#walkedCommits(request);
  }

  /** The frames of these commits, which are in order, in these partitions. Nothing else is read. @throws LedgerError VERIFICATION_FAILED */
  async frames(
    commits: readonly FoldedCommit[],
    partitions: readonly number[] | null,
    verify = true,
  ): Promise<StoredCommit[]> {
    const stored: StoredCommit[] = [];
    for await (const [commit, bytesAt] of this.#withBodies(commits, partitions)) {
      const frames = framesIn(commit, bytesAt, partitions, verify);
      if (frames.length > 0) stored.push({ firstSequence: commit.link.firstSequence, frames });
    }
    return stored;
  }

  /** All frames of one commit. */
  async whole(commit: FoldedCommit): Promise<StoredCommit> {
    for await (const [, bytesAt] of this.#withBodies([commit], null))
      return { firstSequence: commit.link.firstSequence, frames: framesIn(commit, bytesAt, null, true) };
    throw lostMessages(this.#log, commit.position);
  }

  async *#listedCommits(all: readonly FoldedCommit[], request: WalkRequest): AsyncGenerator<WalkedCommit> {
    const { range, partitions, verify } = request;
    const wanted = all.filter((commit) => lastOf(commit) >= range.from && commit.link.firstSequence <= range.through);
    const mine = wanted.filter(
      ({ link }) => partitions === null || link.frames.some(({ partition }) => partitions.includes(partition)),
    );
    for await (const [commit, bytesAt, isLast] of this.#withBodies(mine, partitions, request.signal))
      yield walked(commit, bytesAt, partitions, verify, isLast);
  }

  async *#walkedCommits(request: WalkRequest): AsyncGenerator<WalkedCommit> {
    const { range, partitions, verify, signal } = request;
    const fold = await this.#foldBefore(({ sequence }) => sequence < range.from);
    const through = this.#live.state.position;
    try {
      const request = { through, signal, sequence: range.from };
      for await (const { folded, load } of foldedBodies(this.#log, fold, partitions, request)) {
        const commits = commitsOf(folded);
        for (const [nth, commit] of commits.entries()) {
          if (lastOf(commit) < range.from) continue;
          if (commit.link.firstSequence > range.through) return;
          const each = walked(commit, await load(commit), partitions, verify, nth === commits.length - 1);
          if (each.stored.frames.length > 0) yield each;
        }
        if (fold.state.ledger.sequence >= range.through) return;
      }
      this.#checkEnd(fold, through);
    } finally {
      this.#keep(fold);
    }
  }

  /** @throws LedgerError LEDGER_REPLACED where the log has ended before a message that it had */
  #checkEnd({ state }: Fold, through: number): void {
    if (state.position < through) throw lostMessages(this.#log, state.position + 1);
  }

  /** Commits with their bytes, and whether each is the last of its message. */
  async *#withBodies(
    commits: readonly FoldedCommit[],
    partitions: readonly number[] | null,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly [FoldedCommit, BytesAt, boolean]> {
    const { genesis } = this.#seals;
    const extent = extentOf(commits, partitions, genesis);
    const bodies = new BodyReader(this.#log, genesis, partitions, { ...extent, signal });
    try {
      for (const [nth, commit] of commits.entries())
        yield [commit, await bodies.load(commit), commits[nth + 1]?.position !== commit.position];
    } finally {
      await bodies.close();
    }
  }

  /** A fold of its own, as near as one is at hand. */
  async #foldBefore(isBefore: IsBefore): Promise<Fold> {
    const sealed = await this.#seals.before(isBefore, this.#live.state.position);
    const near = this.#idle
      .filter(({ state }) => state.position >= sealed.state.position && isBefore(summaryOf(state)))
      .reduce<Fold | null>(
        (best, fold) => (best === null || fold.state.position > best.state.position ? fold : best),
        null,
      );
    if (near === null) return sealed;
    this.#idle = this.#idle.filter((fold) => fold !== near);
    return near;
  }

  #keep(fold: Fold): void {
    this.#idle.push(fold);
    if (this.#idle.length > IDLE_MAX) this.#idle.shift();
  }
}

function walked(
  folded: FoldedCommit,
  bytesAt: BytesAt,
  partitions: readonly number[] | null,
  verify: boolean,
  endsMessage: boolean,
): WalkedCommit {
  const frames = framesIn(folded, bytesAt, partitions, verify);
  return { folded, stored: { firstSequence: folded.link.firstSequence, frames }, endsMessage };
}

async function* listed(commits: readonly FoldedCommit[]): AsyncGenerator<FoldedCommit, void, undefined> {
  yield* commits;
}
