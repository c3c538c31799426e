/** Checks that frames have no gaps, from the numbers in their rows alone: the check that a reader without hashes can afford. Pure. */

import { brokenFrame } from '../../../frames/event-columns.ts';
import type { StoredCommit, StoredFrame } from '../../../model/events/commit.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { brokenCommit, missingSequences } from '../../protocol/broken-commit.ts';

/** First sequence of a commit, and the sequence after its last. */
export interface CommitSpan {
  readonly first: number;
  readonly next: number;
}

/**
 * Returns the sequence after commits that were read with the frames of all partitions: each must begin where the one before it ends. `through`: a sequence
 * that they must reach, or null. @throws LedgerError VERIFICATION_FAILED
 */
export function endOfRun(first: CommitSpan, commits: readonly StoredCommit[], through: number | null): number {
  let next = first.first;
  for (const { firstSequence, frames } of commits) {
    if (firstSequence > next) throw missingSequences(next, firstSequence);
    if (firstSequence < next) throw brokenCommit(firstSequence, 'another commit holds its sequences');
    const count = frames.reduce((sum, frame) => sum + frame.count, 0);
    // The page begins where the row of the first commit says, so that row must agree with the frames.
    if (firstSequence === first.first && next + count !== first.next) {
      throw brokenCommit(firstSequence, `its frames hold ${count} events, not ${first.next - first.first}`);
    }
    next += count;
  }
  if (next === first.first || (through !== null && next <= through)) throw missingSequences(next, null);
  return next;
}

/** `offsetBefore`: the offset a partition's first frame must have. @throws LedgerError VERIFICATION_FAILED where a partition has a gap. */
export function checkLanes(frames: readonly StoredFrame[], offsetBefore: (partition: PartitionId) => number): void {
  const next = new Map<PartitionId, number>();
  for (const frame of frames) {
    const { partition, offset, count } = frame;
    const expected = next.get(partition) ?? offsetBefore(partition);
    if (offset !== expected) throw brokenFrame(frame, `its first event has offset ${offset}, not ${expected}`);
    next.set(partition, offset + count);
  }
}
