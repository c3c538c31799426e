/** What checkpoints say of one another, without the ledger: two that contradict each other, and one that was removed. */

import { createHash } from 'node:crypto';
import { formatHead } from '../model/events/head.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { comparePlaces } from './checkpoint.ts';
import { type ReadCheckpoint, refused } from './read-checkpoints.ts';

/** SHA-256 of the text of a checkpoint, in hex: what the next one in its file names. */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * `all`: in the order of the chain. Two of one place with different hashes, and one that comes later with fewer joints, are of two chains.
 * @throws LedgerError CHECKPOINT_FORKED naming both
 */
export function checkForks(all: readonly ReadCheckpoint[]): void {
  for (const [at, { checkpoint: later }] of all.entries()) {
    const earlier = all[at - 1]?.checkpoint;
    if (earlier === undefined) continue;
    const isSamePlace = comparePlaces(earlier, later) === 0;
    if (isSamePlace ? earlier.hash !== later.hash : later.joints < earlier.joints) throw forked(all[at - 1], all[at]);
  }
}

/** @throws LedgerError CHECKPOINT_REFUSED naming the one behind the first that is missing */
export function checkNoneRemoved(all: readonly ReadCheckpoint[]): void {
  const texts = new Set(all.map(({ text }) => textDigest(text)));
  const orphan = all.find(({ checkpoint: { previous } }) => previous !== null && !texts.has(previous));
  if (orphan === undefined) return;
  throw refused(
    `the checkpoint before ${orphan.name}, was removed: it names one that is in none of the files`,
    'name all files of the ledger, each with `checkpoints`, or compare them with copies that were kept elsewhere',
    { sequence: orphan.checkpoint.sequence },
  );
}

export function forked(one: ReadCheckpoint | undefined, other: ReadCheckpoint | undefined): LedgerError {
  const heads = [one, other].map((it) => it && formatHead(it.checkpoint));
  return new LedgerError('CHECKPOINT_FORKED', {
    message: `a fork: ${one?.name}, and ${other?.name}, are of two histories: ${heads.join(' and ')}`,
    hint: 'find out which of the two ledgers is the right one, and who had the key: both checkpoints are signed',
    details: { heads },
  });
}
