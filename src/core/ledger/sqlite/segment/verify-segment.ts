/** Verifies a whole segment from the disk: every body, the chain from block to block, and its figures. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { jointBefore } from '../../protocol/joints.ts';
import type { VerifiedPage } from '../read/chain-walk.ts';
import type { SegmentFile } from './segment-file.ts';

/** Yields the commits of block after block, each when it is verified. @throws LedgerError VERIFICATION_FAILED naming the block */
export async function* verifySegment(segment: SegmentFile): AsyncGenerator<VerifiedPage, void, undefined> {
  const { range, joints, path } = segment;
  let hash = range.hashBefore;
  let commits = 0;
  for (let next: number | null = range.fromSequence; next !== null; ) {
    const block = segment.blockHolding(next);
    const before = jointBefore(joints, next)?.hash ?? hash;
    if (block.firstSequence !== next || !block.hashBefore.equals(before))
      throw brokenCommit(next, `${path}: the block there does not continue what is before it`);
    const page = segment.page({ range: { from: next, through: block.through }, partitions: null, verify: true });
    commits += page.rows.length;
    hash = block.hashBehind;
    next = block.through < range.through ? block.through + 1 : null;
    yield page;
    await nextTurn();
  }
  if (commits !== range.commits) throw brokenCommit(range.through, `${path} does not end as it says`);
}
