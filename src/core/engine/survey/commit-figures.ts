/** Figures of the commits themselves: their sizes, the pauses between them, and what each producer committed. */

import type { CommitColumns } from '../../ledger/ledger.ts';
import type { Micros } from '../../model/time/time.ts';
import { type Distribution, distributionOf } from './decades.ts';

interface ProducerFigures {
  readonly name: string;
  readonly commits: number;
  readonly events: number;
  readonly lastCommitAt: Micros;
}

export interface CommitFigures {
  /** Commits that the figures are of: the last ones of the ledger. */
  readonly examined: number;
  /** Events by commit. */
  readonly sizes: Distribution;
  /** Microseconds between one commit and the next, by the emitters' clocks; its sequence is of the later one. */
  readonly intervals: Distribution;
  /** Of the commits examined, by name. */
  readonly producers: readonly ProducerFigures[];
  /** Null if none was examined. */
  readonly lastCommitAt: Micros | null;
}

const SIZES = [2, 10, 100, 1000, 10_000];
const INTERVALS: readonly Micros[] = [10e3, 100e3, 1e6, 10e6, 60e6];

export function commitFigures(commits: CommitColumns): CommitFigures {
  const { firstSequences, counts, committedAt } = commits;
  const intervals = new Float64Array(Math.max(0, committedAt.length - 1));
  // clocks of several emitters, or a clock that was set back, may differ
  for (let at = 0; at < intervals.length; at++)
    intervals[at] = Math.max(0, (committedAt[at + 1] as number) - (committedAt[at] as number));
  return {
    examined: counts.length,
    sizes: distributionOf(counts, firstSequences, SIZES),
    intervals: distributionOf(intervals, firstSequences.subarray(1), INTERVALS),
    producers: producerFigures(commits),
    lastCommitAt: committedAt.length === 0 ? null : (committedAt[committedAt.length - 1] as number),
  };
}

function producerFigures({ producerOf, producers, counts, committedAt }: CommitColumns): ProducerFigures[] {
  const figures = producers.map((name) => ({ name, commits: 0, events: 0, lastCommitAt: Number.NEGATIVE_INFINITY }));
  for (let at = 0; at < producerOf.length; at++) {
    const own = figures[producerOf[at] as number];
    if (own === undefined) continue;
    own.commits++;
    own.events += counts[at] as number;
    own.lastCommitAt = Math.max(own.lastCommitAt, committedAt[at] as number);
  }
  return figures.sort((one, other) => (one.name < other.name ? -1 : 1));
}
