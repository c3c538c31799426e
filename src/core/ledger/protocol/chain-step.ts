/** Links of a chain with all that their hashes cover: what a proof of one event is made of. Pure. */

import {
  type ArchiveLink,
  type CommitLink,
  type EpochLink,
  hashArchive,
  hashCommit,
  hashEpoch,
  type LogPlace,
} from './chain.ts';

export type ChainStep =
  | { readonly kind: 'commit'; readonly link: CommitLink; readonly place: LogPlace | null }
  | { readonly kind: 'epoch'; readonly link: EpochLink; readonly place: LogPlace | null }
  /** `previous`: the hash before it, where the step before is a commit within its run, and not the link before it; else null. */
  | { readonly kind: 'archive'; readonly link: ArchiveLink; readonly previous: Buffer | null };

/** The way from one commit to a head. */
export interface ChainPath {
  /** The hash before the commit. */
  readonly previous: Buffer;
  /** Plain bodies of the frames of the commit, in their order. */
  readonly bodies: readonly Buffer[];
  /** The commit, and the links after it. */
  readonly steps: AsyncGenerator<ChainStep, void, undefined>;
}

const HASH_BYTES = 32;

/** The hash after a step, from the one before it; null where an archived run does not have the commit with that one. */
export function hashAfterStep(step: ChainStep, previous: Buffer, uuid: string): Buffer | null {
  if (step.kind === 'commit') return hashCommit(previous, uuid, step.link, step.place ?? undefined);
  if (step.kind === 'epoch') return hashEpoch(previous, step.link, step.place ?? undefined);
  if (step.previous === null) return hashArchive(previous, uuid, step.link);
  return holdsCommit(step.link, previous) ? hashArchive(step.previous, uuid, step.link) : null;
}

/** Whether the record of an archived run has the hash of a commit: the last one of the run, or one before a joint within it. */
export function holdsCommit({ hashBehind, seams }: Pick<ArchiveLink, 'hashBehind' | 'seams'>, hash: Buffer): boolean {
  if (hashBehind.equals(hash)) return true;
  for (let at = 0; at < seams.length; at += HASH_BYTES)
    if (seams.subarray(at, at + HASH_BYTES).equals(hash)) return true;
  return false;
}
