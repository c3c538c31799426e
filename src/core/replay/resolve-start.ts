/** Resolves a requested start position to a sequence. */

import type { History } from '../model/events/history.ts';
import { invalidArgument } from '../model/ledger-error.ts';
import type { Micros } from '../model/time/time.ts';
import { readTimeExpression, type TimeContext, type TimeInput } from '../model/time/time-expression.ts';
import { timeZone } from '../model/time/time-zone.ts';

/**
 * `start`, `end`, a sequence (a number, or only digits), or a time such as `2026-04-12`, `2026-04-12T09:00:00Z`, `-1h`
 * or a Date.
 */
export type StartPoint = number | TimeInput;

const SEQUENCE = /^\d+$/;

/** Start position of a reader. */
export interface Start {
  /** First sequence. A sequence that does not exist yet is kept as it is; a time after the head's means head + 1. */
  readonly sequence: number;
  /** First microsecond of the start, if a time was requested. */
  readonly time: Micros | null;
}

/** @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
export async function readStart(start: StartPoint, history: History, context: TimeContext): Promise<Start> {
  // an invalid zone is an error even if no time needs it
  await timeZone(context.zone);
  if (start === 'start') return { sequence: await history.firstSequence(), time: null };
  if (start === 'end') return { sequence: (await history.head()).sequence + 1, time: null };
  if (typeof start === 'number' || (typeof start === 'string' && SEQUENCE.test(start)))
    return { sequence: checkedSequence(start), time: null };
  const time = (await readTimeExpression(start, context)).first;
  return { sequence: await history.sequenceAtTime(time), time };
}

/** As {@link readStart}, for readers that cannot wait for a sequence: one that does not exist yet means the end. */
export async function resolveStart(start: StartPoint, history: History, context: TimeContext): Promise<number> {
  const { sequence } = await readStart(start, history, context);
  return Math.min(sequence, (await history.head()).sequence + 1);
}

function checkedSequence(start: string | number): number {
  const sequence = Number(start);
  if (Number.isSafeInteger(sequence) && sequence >= 1) return sequence;
  throw invalidArgument(
    `${start} is not a sequence`,
    'sequences are whole numbers from 1; or say start, end, or a time',
  );
}
