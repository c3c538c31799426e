/** Reads the ids and pins of commits out of the body of their message. Pure. */

import { idleMicrosOf } from '../../../model/routing/session-pins.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { hashBody } from '../../protocol/chain.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { LogState } from '../fold/log-state.ts';
import { readMarks } from '../format/marks.ts';
import type { LearnedMarks } from './mark-index.ts';

/** `state`: after the message. Commits without marks are left out. @throws LedgerError VERIFICATION_FAILED for marks that were changed */
export function marksIn(commits: readonly FoldedCommit[], body: Buffer, { ledger }: LogState): LearnedMarks[] {
  const isForEver = idleMicrosOf(ledger.epoch) === null;
  return commits.flatMap(({ marks, link: { firstSequence }, epoch, timeShift }) => {
    if (marks === null) return [];
    const bytes = body.subarray(marks.at, marks.at + marks.bytes);
    const read = hashBody(bytes).equals(marks.hash) ? readMarks(bytes) : 'they have been changed';
    if (typeof read === 'string') throw brokenCommit(firstSequence, `its unique ids or pins cannot be read: ${read}`);
    return [{ ...read, firstSequence, epoch, timeShift, isForEver }];
  });
}
