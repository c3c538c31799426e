/** Reads the time at one end of a range. Digits are refused there, because a range is also bounded by sequences. */

import { inOption, LedgerError } from '../model/ledger-error.ts';
import { formatTime } from '../model/time/time.ts';
import { readTimeExpression, type TimeContext, type TimeInput, type TimeSpan } from '../model/time/time-expression.ts';

/** An option of a range that takes a time. */
export type TimeOption = 'from' | 'through' | 'until';

/** With 13 digits and more it is milliseconds or finer: no ledger has 10^12 events. */
const SEQUENCE_OR_SECONDS = /^\d{1,12}$/;
const DATE = /^\d{8}$/;
const YEAR = /^\d{4}$/;

/** @throws LedgerError INVALID_TIME, INVALID_ARGUMENT for digits that may be a sequence as well */
export async function readRangeTime(option: TimeOption, time: TimeInput, context: TimeContext): Promise<TimeSpan> {
  const text = typeof time === 'string' ? time.trim() : '';
  if (SEQUENCE_OR_SECONDS.test(text)) throw await ambiguous(option, text, context);
  return inOption(option, () => readTimeExpression(time, context));
}

async function ambiguous(option: TimeOption, digits: string, context: TimeContext): Promise<LedgerError> {
  const sequence = Number(digits) - (option === 'until' ? 1 : 0);
  const bySequence = `--${option === 'from' ? 'from' : 'through'}-sequence ${sequence >= 1 ? sequence : 'N'}`;
  return new LedgerError('INVALID_ARGUMENT', {
    message: `--${option} '${digits}' is ambiguous: a sequence, or a time`,
    hint: `for the sequence ${bySequence}, for the time --${option} ${await timeText(digits, context)}`,
    details: { option, text: digits },
  });
}

/** The time that is meant by digits: a date by its digits, or else seconds since 1970. */
async function timeText(digits: string, context: TimeContext): Promise<string> {
  const written = DATE.test(digits)
    ? `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`
    : `${digits}${YEAR.test(digits) ? '-01-01' : '.0'}`;
  try {
    const { first } = await readTimeExpression(written, context);
    return written.endsWith('.0') ? formatTime(first).replace('.000000Z', 'Z') : written;
  } catch {
    return '2026-04-12T09:00:00Z';
  }
}
