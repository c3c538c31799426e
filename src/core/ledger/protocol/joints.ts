/**
 * The links of a chain that are no commits, in its order: beginnings of epochs and archives. Each stands before the commit at one sequence; several may
 * stand before the same one. Pure.
 */

import type { ArchiveLink } from './chain.ts';
import { hashArchive } from './chain.ts';
import type { ChainStep } from './chain-step.ts';

export interface Joint {
  /** The commit at this sequence comes next. */
  readonly beforeSequence: number;
  /** Of the epoch that it begins, or that was in force. */
  readonly epoch: number;
  /** Null for the beginning of an epoch. */
  readonly archive: number | null;
  readonly hash: Buffer;
  /** Its hash, recomputed over the chain hash before it. */
  hashAfter(previous: Buffer): Buffer;
  /** With all that its hash covers. */
  step(): ChainStep;
}

export interface ArchiveRow extends ArchiveLink {
  readonly hash: Buffer;
}

export function archiveJoint(uuid: string, row: ArchiveRow): Joint {
  const { beforeSequence, epoch, number, hash } = row;
  const { hash: _, ...link } = row;
  return {
    beforeSequence,
    epoch,
    archive: number,
    hash,
    hashAfter: (previous) => hashArchive(previous, uuid, row),
    step: () => ({ kind: 'archive', link, previous: null }),
  };
}

/** In the order of the chain: archives of one epoch come after its beginning. */
export function inChainOrder(joints: readonly Joint[]): Joint[] {
  return [...joints].sort(
    (one, other) =>
      one.beforeSequence - other.beforeSequence || one.epoch - other.epoch || (one.archive ?? 0) - (other.archive ?? 0),
  );
}

/** The last joint before the commit at a sequence. `joints`: in the order of the chain. */
export function jointBefore(joints: readonly Joint[], sequence: number): Joint | undefined {
  let [low, high] = [0, joints.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((joints[middle] as Joint).beforeSequence <= sequence) low = middle + 1;
    else high = middle;
  }
  const found = joints[low - 1];
  return found?.beforeSequence === sequence ? found : undefined;
}
