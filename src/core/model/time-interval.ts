/** Intervals as ISO 8601 writes them: start/end, start/duration, duration/end, `..` for an open end; one time by itself is what it covers. No I/O. */

import type { DateTime } from 'luxon';
import { LedgerError } from './ledger-error.ts';
import { formatTime, isTime, type Micros } from './time.ts';
import { readTimeExpression, type TimeContext } from './time-expression.ts';

/** Both ends inclusive; null where an end is open. */
export interface TimeInterval {
  readonly first: Micros | null;
  readonly last: Micros | null;
}

const OPEN = '..';
const DURATION = /^P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.(\d{1,6}))?S)?)?$/;
const MICROS_DIGITS = 6;

/** An instant at the end is exclusive, as ISO intervals are taken; a date there is the whole of its day. @throws LedgerError INVALID_TIME, INVALID_RANGE */
export async function readTimeInterval(text: string, context: TimeContext): Promise<TimeInterval> {
  const [start = '', end, ...more] = text.trim().split('/');
  if (end === undefined) return readTimeExpression(start, context);
  const durations = [start, end].filter((part) => part.startsWith('P'));
  if (more.length > 0 || durations.length > 1 || (durations.length === 1 && (start === OPEN || end === OPEN))) throw notAnInterval(text);
  const interval = await readEnds(text, start, end, context);
  for (const time of [interval.first, interval.last]) if (time !== null && !isTime(time)) throw notAnInterval(text, 'it reaches beyond the years 1828 to 2111');
  return interval;
}

async function readEnds(text: string, start: string, end: string, context: TimeContext): Promise<TimeInterval> {
  if (end.startsWith('P')) {
    const { first } = await readTimeExpression(start, context);
    return inOrder(text, { first, last: (await moved(text, first, end, 1, context)) - 1 });
  }
  const behind = end === OPEN ? null : await behindOf(end, context);
  if (start.startsWith('P')) {
    if (behind === null) throw notAnInterval(text);
    return inOrder(text, { first: await moved(text, behind, start, -1, context), last: behind - 1 });
  }
  const first = start === OPEN ? null : (await readTimeExpression(start, context)).first;
  return inOrder(text, { first, last: behind === null ? null : behind - 1 });
}

/** The first microsecond behind an end: an instant itself, the midnight after a day. */
async function behindOf(end: string, context: TimeContext): Promise<Micros> {
  const { first, last } = await readTimeExpression(end, context);
  return first === last ? first : last + 1;
}

/** A duration of the calendar from a time: a day is as long as it is in the zone. */
async function moved(text: string, from: Micros, duration: string, direction: 1 | -1, context: TimeContext): Promise<Micros> {
  const match = DURATION.exec(duration);
  if (match === null) throw notAnInterval(text, `'${duration.slice(0, 40)}' is not a duration`);
  const { DateTime, Duration } = await import('luxon');
  // Luxon stops at milliseconds: what lies below goes beside it
  const fraction = Number((match[1] ?? '').padEnd(MICROS_DIGITS, '0'));
  const length = Duration.fromISO(duration.replace(/\.\d+S$/, 'S'));
  const millis = Math.floor(from / 1000);
  const start: DateTime = DateTime.fromMillis(millis, { zone: context.zone ?? 'utc' });
  const end = direction > 0 ? start.plus(length) : start.minus(length);
  const time = end.toMillis() * 1000 + (from - millis * 1000) + direction * fraction;
  if (!Number.isFinite(time)) throw notAnInterval(text, `'${duration.slice(0, 40)}' is too long`);
  return time;
}

/** An interval that holds no microsecond is a mistake. */
function inOrder(text: string, interval: TimeInterval): TimeInterval {
  const { first, last } = interval;
  if (first === null || last === null || first <= last) return interval;
  throw new LedgerError('INVALID_RANGE', {
    message: `the interval '${text.slice(0, 80)}' holds no time: it begins at ${shown(first)} and ends before ${shown(last + 1)}`,
    hint: 'exchange the two ends, or make it longer',
  });
}

function shown(time: Micros): string {
  return isTime(time) ? formatTime(time) : 'a time out of range';
}

function notAnInterval(text: string, fact?: string): LedgerError {
  return new LedgerError('INVALID_TIME', {
    message: `'${text.slice(0, 80)}' is not an interval${fact === undefined ? '' : `: ${fact}`}`,
    hint: 'write START/END, START/DURATION or DURATION/END: 2026-04-12T09:00Z/PT8H30M',
    details: { text },
  });
}
