/** Recomputes the hashes of stored commits. Pure. */

import type { StoredFrame } from '../../model/events/commit.ts';
import { brokenCommit } from './broken-commit.ts';
import { type CommitLink, hashBody, hashCommit } from './chain.ts';

/** A commit as it is stored, but for its frames. */
export interface CommitRow extends Omit<CommitLink, 'frames'> {
  readonly hash: Buffer;
}

/** A commit with its frames, but for their bodies. */
export interface LinkedRow extends CommitLink {
  readonly hash: Buffer;
}

/** A frame with the hash that its row carries. */
export interface HashedFrame extends StoredFrame {
  readonly hash: Buffer;
}

/** Recomputes a commit's link over the hashes that are stored with its frames. `previous`: hash of the link before it. @throws LedgerError VERIFICATION_FAILED */
export function checkLink(previous: Buffer, uuid: string, row: CommitRow, frames: CommitLink['frames']): void {
  if (!hashCommit(previous, uuid, { ...row, frames }).equals(row.hash))
    throw brokenCommit(row.firstSequence, 'its chain hash does not fit what is stored');
}

/** @throws LedgerError VERIFICATION_FAILED */
export function checkBodies(frames: readonly HashedFrame[]): void {
  for (const { body, hash, sequence, partition } of frames)
    if (!hashBody(body).equals(hash)) throw brokenCommit(sequence, `checksum mismatch in partition ${partition}`);
}
