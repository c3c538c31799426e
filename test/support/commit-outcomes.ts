/** Answers of a ledger that a test of emission stands in for. */

import type { Basis, CommitDraft, CommitOutcome } from '../../src/core/model/events/commit.ts';

/** To a draft of an epoch that is over. */
export function conflictAt(basis: Basis): CommitOutcome {
  return { kind: 'conflict', basis, known: [], pins: [], producer: null };
}

/** To a draft that is committed after this sequence. */
export function committedAfter(sequence: number, { count, firstTime, lastTime, frames }: CommitDraft): CommitOutcome {
  return {
    kind: 'committed',
    firstSequence: sequence + 1,
    count,
    firstTime,
    lastTime,
    late: 0,
    offsets: frames.map(() => 0),
    loads: null,
    head: { sequence: sequence + count, time: lastTime, hash: '' },
  };
}
