/** Reads the ids and pins of commits out of the bodies of their messages. Pure. */

import { idleMicrosOf } from '../../../model/routing/session-pins.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import { hashBody } from '../../protocol/chain.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { LogState } from '../fold/log-state.ts';
import { readMarks } from '../format/marks.ts';
import type { BytesAt } from '../read/bodies.ts';
import type { LearnedMarks } from './mark-index.ts';

/** `state`: after the message of the commit. Null if it has none. @throws LedgerError VERIFICATION_FAILED for marks that were changed */
export function marksIn(
  { marks, link: { firstSequence }, epoch, timeShift }: FoldedCommit,
  bytesAt: BytesAt,
  { ledger }: LogState,
): LearnedMarks | null {
  if (marks === null) return null;
  const bytes = bytesAt(marks);
  const read = hashBody(bytes).equals(marks.hash) ? readMarks(bytes) : 'they have been changed';
  if (typeof read === 'string') throw brokenCommit(firstSequence, `its unique ids or pins cannot be read: ${read}`);
  return { ...read, firstSequence, epoch, timeShift, isForEver: idleMicrosOf(ledger.epoch) === null };
}
