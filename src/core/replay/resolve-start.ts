/** Turns the place where a reader begins, as it is asked for, into a sequence. */

import type { History } from '../model/history.ts';
import { invalidArgument } from '../model/ledger-error.ts';
import { readTimeExpression, type TimeContext, type TimeInput } from '../model/time-expression.ts';

/** `start`, `end`, a sequence (a number, or digits alone), or a time such as `2026-04-12`, `2026-04-12T09:00:00Z`, `-1h` or a Date. */
export type StartPoint = number | TimeInput;

const SEQUENCE = /^\d+$/;

/** The first sequence it means: what does not exist yet means the end. @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
export async function resolveStart(start: StartPoint, history: History, context: TimeContext): Promise<number> {
  const { sequence: head } = await history.head();
  if (start === 'start') return 1;
  if (start === 'end') return head + 1;
  if (typeof start === 'number' || (typeof start === 'string' && SEQUENCE.test(start))) return Math.min(checkedSequence(start), head + 1);
  return history.sequenceAtTime((await readTimeExpression(start, context)).first);
}

function checkedSequence(start: string | number): number {
  const sequence = Number(start);
  if (Number.isSafeInteger(sequence) && sequence >= 1) return sequence;
  throw invalidArgument(`${start} is not a sequence`, 'sequences are whole numbers from 1; or say start, end, or a time');
}
