/** The last commits of a ledger, kept in memory: what is near the head is found without reading the log again. */

import type { FoldedCommit } from '../fold/accept.ts';
import type { Summary } from '../fold/log-state.ts';

/** About 600 bytes each. */
const RECENT_MAX = 4096;

export class RecentCommits {
  readonly #max: number;
  /** As of the moment before the first one. */
  #start: Summary;
  #commits: FoldedCommit[] = [];
  /** Commits before this index were dropped. */
  #dropped = 0;

  constructor(start: Summary, max = RECENT_MAX) {
    this.#start = start;
    this.#max = max;
  }

  /** What the commits in {@link all} come after. */
  get start(): Summary {
    return this.#start;
  }

  /** In order; a list of its own. */
  get all(): FoldedCommit[] {
    return this.#commits.slice(this.#dropped);
  }

  get last(): FoldedCommit | undefined {
    return this.#commits.at(-1);
  }

  add(commits: readonly FoldedCommit[]): void {
    this.#commits.push(...commits);
    while (this.#commits.length - this.#dropped > this.#max) {
      this.#start = after(this.#start, this.#commits[this.#dropped] as FoldedCommit);
      this.#dropped++;
    }
    if (this.#dropped < this.#max) return;
    this.#commits = this.all;
    this.#dropped = 0;
  }
}

/** What is known after a commit. */
export function after({ offsets }: Summary, { link }: FoldedCommit): Summary {
  const next = [...offsets];
  for (const { partition, offset, count } of link.frames) {
    while (next.length <= partition) next.push(0);
    next[partition] = offset + count;
  }
  return { sequence: link.firstSequence + link.count - 1, time: link.lastTime, offsets: next };
}
