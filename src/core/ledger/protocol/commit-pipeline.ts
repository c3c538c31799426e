/** Keeps the order of a commit pipeline: no draft may overtake the one it was built on. No I/O of its own. */

import type { CommitDraft, CommitOutcome, CommitPipeline, Stale } from '../../model/events/commit.ts';

/**
 * Commits drafts one after the other, as they are offered. States: a generation is current -> a conflict ends it (later offers of it are stale) -> the
 * next generation is current. An error ends all of them, because it is not known what was stored.
 */
export function pipelineOver(commit: (draft: CommitDraft) => Promise<CommitOutcome>): CommitPipeline {
  let current = 0;
  // offers may arrive before earlier ones are decided
  let last: Promise<unknown> = Promise.resolve();
  const decide = async (draft: CommitDraft, generation: number): Promise<CommitOutcome | Stale> => {
    if (generation < current) return { kind: 'stale' };
    try {
      const outcome = await commit(draft);
      // drafts offered after a conflict were built on the same mistake
      current = outcome.kind === 'conflict' ? generation + 1 : generation;
      return outcome;
    } catch (error) {
      current = Number.POSITIVE_INFINITY;
      throw error;
    }
  };
  return {
    offer: (draft, generation) => {
      const answer = last.then(() => decide(draft, generation));
      last = answer.catch(() => {});
      return answer;
    },
    close: async () => {
      await last;
    },
  };
}
