/**
 * A part of history whose links were read and folded, with its commits in memory. Reads that go on from one another, as those of a partition and of its
 * neighbours, find in it what one of them has read, and each header is asked for once.
 */

import type { FoldedCommit } from '../fold/accept.ts';
import type { Fold, Folded } from '../fold/fold.ts';
import { type Summary, summaryOf } from '../fold/log-state.ts';
import type { OrderedLog } from '../ordered-log.ts';
import { lostMessages } from './lost-messages.ts';
import { after } from './recent-commits.ts';
import { withBody } from './with-body.ts';

/** Messages of the first read of links, of which most calls need few; each one after it has twice as many, up to a bound. */
const LINKS_FIRST = 64;
const LINKS_MAX = 512;
/** Most of those before a read that are kept: 1 MB where a commit has eight frames. */
const COMMITS_MAX = 512;
/** Frames after which a read ends early, and more are not kept: 6 MB. A commit may have one for each partition, and a message many commits. */
const FRAMES_MAX = 16_384;

export const lastOf = ({ link }: Pick<FoldedCommit, 'link'>): number => link.firstSequence + link.count - 1;

export function commitsOf(folded: Folded): readonly FoldedCommit[] {
  return folded.kind === 'commits' ? folded.commits : [];
}

export class Stretch {
  readonly #log: OrderedLog;
  readonly #fold: Fold;
  #start: Summary;
  #commits: FoldedCommit[] = [];
  #count = LINKS_FIRST;
  #growing: Promise<void> | null = null;

  /** Begins where the fold is, which is the stretch's from now on. */
  constructor(log: OrderedLog, fold: Fold) {
    this.#log = log;
    this.#fold = fold;
    this.#start = summaryOf(fold.state);
  }

  /** What its commits come after. */
  get start(): Summary {
    return this.#start;
  }

  get end(): Summary {
    return summaryOf(this.#fold.state);
  }

  /** Of its last message. */
  get position(): number {
    return this.#fold.state.position;
  }

  /** Its commits behind a sequence at which one of them ends; null if some of these are forgotten. */
  after(sequence: number): readonly FoldedCommit[] | null {
    return this.#start.sequence > sequence ? null : this.#commits.filter((commit) => lastOf(commit) > sequence);
  }

  /** Reads on, at most through a position. Calls at the same time share one read. @throws LedgerError VERIFICATION_FAILED, and what the log throws */
  grow(through: number): Promise<void> {
    this.#growing ??= this.#readOn(through).finally(() => {
      this.#growing = null;
    });
    return this.#growing;
  }

  async #readOn(through: number): Promise<void> {
    const from = this.position + 1;
    const end = Math.min(through, this.position + this.#count);
    this.#count = Math.min(this.#count * 2, LINKS_MAX);
    const expected = { messages: end - from + 1, bytes: 0 };
    // not afterwards: somebody waits for what is read now, however much it is
    this.#forget();
    let frames = 0;
    for await (const message of this.#log.read({ from, through: end, hasBodies: false, expected })) {
      const commits = commitsOf(this.#fold.take(await withBody(this.#log, message)));
      this.#commits.push(...commits);
      frames += framesIn(commits);
      if (frames > FRAMES_MAX) return;
    }
    if (this.position < end) throw lostMessages(this.#log, this.position + 1);
  }

  /** All but the last commits. */
  #forget(): void {
    let frames = framesIn(this.#commits);
    while (this.#commits.length > COMMITS_MAX || frames > FRAMES_MAX) {
      const first = this.#commits.shift() as FoldedCommit;
      this.#start = after(this.#start, first);
      frames -= framesIn([first]);
    }
  }
}

function framesIn(commits: readonly FoldedCommit[]): number {
  return commits.reduce((sum, { frames }) => sum + frames.length, 0);
}
