/**
 * ISO 8601 intervals: start/end, start/duration, duration/end, `..` for an open end; a single time is what it covers.
 * No I/O.
 */

import { LedgerError } from '../ledger-error.ts';
import { formatTime, isTime, type Micros, startOfDay } from './time.ts';
import {
  instantOf,
  type Moment,
  readMoment,
  readTimeExpression,
  startOfLocalDay,
  type TimeContext,
} from './time-expression.ts';
import { DAY_MICROS, timeZone } from './time-zone.ts';

/** Both ends inclusive, empty if `last` is one less than `first`; null if an end is open. */
export interface TimeInterval {
  readonly first: Micros | null;
  readonly last: Micros | null;
}

const OPEN = '..';
const DURATION = /^P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.(\d{1,6}))?S)?)?$/;
const MICROS_DIGITS = 6;
/** The day and the zone of a start: the end may leave them out. */
const START = /^(?:(\d{4}-\d{2}-\d{2}|today|yesterday)[T ])?(\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)\s*(\S*)$/i;
const TIME_OF_DAY = /^\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?/;

/**
 * An instant as the end is exclusive, as usual for ISO intervals; a date there includes the whole day. An interval may
 * be empty.
 * @throws LedgerError INVALID_TIME, INVALID_RANGE
 */
export async function readTimeInterval(text: string, context: TimeContext): Promise<TimeInterval> {
  const [start = '', end, ...more] = text.trim().split('/');
  if (end === undefined) return readTimeExpression(start, context);
  const durations = [start, end].filter((part) => part.startsWith('P'));
  if (more.length > 0 || durations.length > 1 || (durations.length === 1 && (start === OPEN || end === OPEN)))
    throw notAnInterval(text);
  const interval = await readEnds(text, start, await completed(end, start, context), context);
  for (const time of [interval.first, interval.last])
    if (time !== null && !isTime(time)) throw notAnInterval(text, 'it reaches beyond the years 1828 to 2111');
  return interval;
}

/**
 * `02:20` behind `2026-04-12T02:00Z` is `2026-04-12T02:20Z`, as in ISO 8601. Without a zone of its own it is the next
 * time that clocks show it: `00:10` behind `2026-04-12T23:50Z` is `2026-04-13T00:10Z`.
 */
async function completed(end: string, start: string, context: TimeContext): Promise<string> {
  const [time] = TIME_OF_DAY.exec(end) ?? [];
  const [, day, startTime, zone = ''] = START.exec(start) ?? [];
  if (time === undefined || startTime === undefined) return end;
  const isOwn = time !== end;
  const isNextDay = !isOwn && secondsOf(time) < secondsOf(startTime);
  const date = isNextDay ? await dayAfter(day, zone, context) : day;
  return `${date === undefined ? '' : `${date} `}${end}${isOwn ? '' : zone}`;
}

function secondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.replace(',', '.').split(':').map(Number);
  return (hours * 60 + minutes) * 60 + seconds;
}

/**
 * The date after a day, which is today if it is left out. `offset`: of the times; without one they are of the context's
 * zone, which may skip a date. A day that does not exist is returned as it is.
 */
async function dayAfter(day: string | undefined, offset: string, context: TimeContext): Promise<string | undefined> {
  const zone = await timeZone(context.zone);
  const [year, month, date] = day?.split('-').map(Number) ?? [];
  const midnight =
    date === undefined
      ? (await readMoment(day?.toLowerCase() ?? 'today', context)).midnight
      : startOfDay(year as number, month as number, date);
  if (midnight === null || !isTime(midnight)) return day;
  const next = offset === '' ? zone.dayAt(zone.endOfDay(midnight)) : midnight + DAY_MICROS;
  return formatTime(next).slice(0, 10);
}

async function readEnds(text: string, start: string, end: string, context: TimeContext): Promise<TimeInterval> {
  if (end.startsWith('P')) {
    const moment = await readMoment(start, context);
    return inOrder(text, { first: moment.first, last: (await moved(text, moment, end, 1)) - 1 });
  }
  // before the end, which may have its day and zone from it: a fault of these is the start's
  const first = start === OPEN || start.startsWith('P') ? null : (await readMoment(start, context)).first;
  const ending = end === OPEN ? null : await readMoment(end, context);
  const last = ending === null ? null : endOf(ending) - 1;
  if (start.startsWith('P')) {
    if (ending === null) throw notAnInterval(text);
    return inOrder(text, { first: await moved(text, ending, start, -1), last });
  }
  // an end on the day before the start is no empty range: the ends are swapped
  return inOrder(text, { first, last }, ending?.midnight == null ? 1 : 0);
}

/** The first microsecond after an end: an instant itself, or the start of the next day. */
function endOf({ first, last, midnight }: Moment): Micros {
  return midnight === null ? first : last + 1;
}

/**
 * Adds a duration to the start of a moment, or subtracts it from its end: first years to days by the zone's calendar,
 * then hours to seconds as elapsed time. From a day, its days lead to the start of another day, whenever that is; from
 * an instant, to the same local time.
 */
async function moved(text: string, moment: Moment, duration: string, direction: 1 | -1): Promise<Micros> {
  const match = DURATION.exec(duration);
  if (match === null) throw notAnInterval(text, `'${duration.slice(0, 40)}' is not a duration`);
  const { Duration } = await import('luxon');
  // Luxon stops at milliseconds: the rest is added separately
  const fraction = Number((match[1] ?? '').padEnd(MICROS_DIGITS, '0'));
  const { years, months, weeks, days, hours, minutes, seconds } = Duration.fromISO(duration.replace(/\.\d+S$/, 'S'));
  const date = await movedDate(moment, { years, months, weeks, days }, direction);
  const time = date + direction * (((hours * 60 + minutes) * 60 + seconds) * 1e6 + fraction);
  if (!Number.isFinite(time)) throw notAnInterval(text, `'${duration.slice(0, 40)}' is too long`);
  return time;
}

async function movedDate(
  moment: Moment,
  length: Record<'years' | 'months' | 'weeks' | 'days', number>,
  direction: 1 | -1,
): Promise<Micros> {
  const { zone, midnight, first } = moment;
  if (Object.values(length).every((count) => count === 0)) return direction > 0 ? first : endOf(moment);
  const { DateTime } = await import('luxon');
  const isDay = midnight !== null;
  const local = isDay ? midnight + (direction > 0 ? 0 : DAY_MICROS) : zone.localAt(first);
  // UTC has no gaps: the zone is applied to the result afterwards
  const millis = Math.floor(local / 1000);
  const start = DateTime.fromMillis(millis, { zone: 'utc' });
  const end = (direction > 0 ? start.plus(length) : start.minus(length)).toMillis() * 1000 + (local - millis * 1000);
  if (!isTime(end)) return Number.NaN;
  return isDay ? startOfLocalDay(end, zone) : instantOf(end, zone);
}

/** `slack`: 1 if the interval may be empty. @throws LedgerError INVALID_RANGE if it ends before it begins */
function inOrder(text: string, interval: TimeInterval, slack: 0 | 1 = 1): TimeInterval {
  const { first, last } = interval;
  if (first === null || last === null || first <= last + slack) return interval;
  throw new LedgerError('INVALID_RANGE', {
    message: `the interval '${text.slice(0, 80)}' begins at ${shown(first)} and ends before it, at ${shown(last + 1)}`,
    hint: 'swap the two ends',
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
