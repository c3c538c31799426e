/** Errors of verification: they name the first commit that differs from what was committed, and what is sound before it. */

import { LedgerError } from '../../model/ledger-error.ts';

/** Of whatever a copy can show whose parts are from different moments: `cp` and `rsync` of a ledger in use make such ones, and older ones without their log. */
export const IF_COPIED = 'if this is a copy of a ledger in use, make it with: completengine backup FILE -l ORIGINAL';

export function brokenCommit(sequence: number, fact: string, cause?: unknown): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `the commit at sequence ${sequence} is corrupt: ${fact}`,
    hint:
      sequence > 1
        ? `replay everything before it: completengine replay --through-sequence ${sequence - 1}; ${IF_COPIED}`
        : `restore an intact copy of the ledger; ${IF_COPIED}`,
    details: { sequence },
    cause,
  });
}

/** `before`: the first sequence after the gap; null where nothing comes after it. */
export function missingSequences(from: number, before: number | null): LedgerError {
  if (before === null) return brokenCommit(from, 'it is missing');
  return brokenCommit(from, before - from === 1 ? 'it is missing' : `sequences ${from} to ${before - 1} are missing`);
}
