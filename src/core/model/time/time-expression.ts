/**
 * Parses times as people write them: RFC 3339, dates, epoch numbers, `now`, `today`, `yesterday`, `02:00`, `-2h`. Reads
 * no clock: the time is passed in.
 */

import { LedgerError } from '../ledger-error.ts';
import { text as anyText } from '../options/option-kinds.ts';
import { readArgument } from '../options/options.ts';
import {
  describeTimeFault,
  formatTime,
  isTime,
  type Micros,
  NO_TIME,
  startOfDay,
  type TimeFault,
  type TimeReading,
} from './time.ts';
import { isLikeADate, readDateTime, readTimeNumber } from './time-text.ts';
import { DAY_MICROS, type LocalMicros, type TimeZone, timeZone } from './time-zone.ts';

/** What an expression covers, both ends inclusive: one microsecond, or a whole day. */
export interface TimeSpan {
  readonly first: Micros;
  readonly last: Micros;
}

export interface TimeContext {
  readonly now: Micros;
  /** IANA name for dates, words and times without a zone; undefined: UTC, and a time without a zone is rejected. */
  readonly zone?: string | undefined;
}

/** A span, with the facts that calendar arithmetic needs. */
export interface Moment extends TimeSpan {
  readonly zone: TimeZone;
  /** The midnight of the day it is; null for an instant. */
  readonly midnight: LocalMicros | null;
}

const UNIT_MICROS: Readonly<Record<string, number>> = {
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
  d: DAY_MICROS,
  w: 7 * DAY_MICROS,
};
const AGO = /^-(?:\d+(?:ms|[smhdwy]))+$/;
/** A duration without its hyphen, as other tools take it: `2h`, `2h ago`, `2 hours ago`. */
const HYPHEN_LEFT_OUT =
  /^((?:\d+(?:ms|[smhdwy]))+|(\d+) (s|m|h|d|w|y)(?:ecs?|econds?|ins?|inutes?|ours?|ays?|eeks?|ears?)?)(?: ago)?$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
/** A time of a day that is named by a word, or is today. */
const TIME_OF_DAY = /^(?:(today|yesterday) )?(\d{2}:\d{2}.*)$/;
/** A time of a day with an offset west of UTC, or an interval with a hyphen for its slash. */
const HYPHENED = /^((?:(?:today|yesterday) )?\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?) ?-(\d{2})(?::?(\d{2}))?$/;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** A time as callers pass it: an expression, or a Date, which covers its millisecond. */
export type TimeInput = string | Date;

/**
 * A local time that occurs twice in a zone means the first of the two instants. A day begins at the first instant of
 * its date and ends where the next one begins.
 * @throws LedgerError INVALID_TIME, also for a local time or a date that the zone skipped, for an invalid zone, and for
 * a time of a day that may be an interval: `01:50-02:10`
 */
export async function readTimeExpression(time: TimeInput, context: TimeContext): Promise<TimeSpan> {
  if (typeof time === 'string') {
    const { first, last } = await readMoment(time, context);
    const hyphened = HYPHENED.exec(time.trim());
    if (hyphened !== null)
      throw hyphenedInterval(hyphened, withDate(hyphened[0], context, await timeZone(context.zone)));
    return { first, last };
  }
  const span = millisecond(time.getTime());
  if (!isTime(span.first) || !isTime(span.last)) throw invalid(`${time.getTime()}ms since 1970`, 'out-of-range');
  return span;
}

/** As {@link readTimeExpression}. */
export async function readMoment(text: string, context: TimeContext): Promise<Moment> {
  const moment = readIn(await timeZone(context.zone), text, context);
  if (!isTime(moment.first) || !isTime(moment.last)) throw invalid(text, 'out-of-range');
  return moment;
}

function readIn(zone: TimeZone, text: string, context: TimeContext): Moment {
  const expression = text.trim();
  if (expression === 'now') return instant(context.now, zone);
  if (AGO.test(expression)) return instant(context.now - duration(expression.slice(1)), zone);
  if (expression === 'today' || expression === 'yesterday') return wholeDay(dayNamed(expression, context, zone), zone);
  const date = DATE.exec(expression);
  if (date !== null) {
    const midnight = startOfDay(Number(date[1]), Number(date[2]), Number(date[3]));
    if (midnight === NO_TIME) throw invalid(text, 'no-such-date');
    return wholeDay(midnight, zone);
  }
  if (isLikeADate(expression)) throw ambiguous(expression);
  const written = withDate(expression, context, zone);
  const exact = readExact(written);
  const isLocal = exact.fault === 'no-zone' && context.zone !== undefined;
  const { time, fault } = isLocal ? readExact(`${written}Z`) : exact;
  if (fault !== undefined) throw invalid(text, fault);
  return instant(isLocal ? instantOf(time, zone) : time, zone);
}

function dayNamed(word: string, { now }: TimeContext, zone: TimeZone): LocalMicros {
  const today = zone.dayAt(now);
  return word === 'yesterday' ? zone.dayBefore(today) : today;
}

/** `yesterday 23:50` and `23:50` with their dates; anything else as it is. */
function withDate(expression: string, context: TimeContext, zone: TimeZone): string {
  const [, word = 'today', time] = TIME_OF_DAY.exec(expression) ?? [];
  return time === undefined ? expression : `${formatTime(dayNamed(word, context, zone)).slice(0, 10)}T${time}`;
}

/** The first instant at which clocks in the zone show this time. @throws LedgerError INVALID_TIME if they never do */
export function instantOf(local: LocalMicros, zone: TimeZone): Micros {
  const time = zone.instantOf(local);
  if (time === null) throw leftOut(localText(local), local, zone);
  return time;
}

/**
 * The first instant of a day, given by its midnight.
 * @throws LedgerError INVALID_TIME for a date that the zone skipped
 */
export function startOfLocalDay(midnight: LocalMicros, zone: TimeZone): Micros {
  const start = zone.startOfDay(midnight);
  if (start === null) throw leftOut(formatTime(midnight).slice(0, 10), midnight, zone);
  return start;
}

/** The span of all ledger times: more is a typing error. */
const DURATION_MAX: Micros = 2 ** 53 - 1;
const SECONDS = /^\d+(?:\.\d+)?$/;
/** As ages are shown; written back in days. */
const YEAR: Micros = 365 * 86_400e6;
const SUM_OF_UNITS = /^(?:\d+(?:\.\d+)?(?:ms|[smhdwy])(?: (?=\d))?)+$/;

/**
 * A sum such as `1h30m`, `1.5h` or `500ms`, or seconds without a unit; to the microsecond.
 * @throws LedgerError INVALID_TIME
 */
export function readDuration(text: string): Micros {
  const given = readArgument('readDuration()', 'text', text, anyText);
  const written = SECONDS.test(given) ? `${given}s` : given;
  if (!SUM_OF_UNITS.test(written)) throw notADuration(text, 'is not a duration');
  const micros = Math.round(duration(written));
  if (micros > DURATION_MAX) throw notADuration(text, 'is too long');
  return micros;
}

function notADuration(text: string, fact: string): LedgerError {
  return new LedgerError('INVALID_TIME', {
    message: `'${text.slice(0, 80)}' ${fact}`,
    hint: 'write 5s, 500ms, 30m, 24h, 7d, 1y or 1h30m; a number alone is seconds',
  });
}

/** Whole milliseconds in the largest unit that divides them: `90m`, `36h`. {@link readDuration} reads it back. */
export function formatDuration(micros: Micros): string {
  const [unit = 'ms', size = 1e3] = Object.entries(UNIT_MICROS).findLast(([, each]) => micros % each === 0) ?? [];
  return `${micros / size}${unit}`;
}

function duration(text: string): Micros {
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g))
    sum += Number(count) * (unit === 'y' ? YEAR : (UNIT_MICROS[unit as string] as number));
  return sum;
}

/** A Date is truncated to milliseconds: an event at 12.000500 has the Date 12.000. */
function millisecond(millis: number): TimeSpan {
  return { first: millis * 1000, last: millis * 1000 + 999 };
}

function instant(time: Micros, zone: TimeZone): Moment {
  return { first: time, last: time, zone, midnight: null };
}

function wholeDay(midnight: LocalMicros, zone: TimeZone): Moment {
  return { first: startOfLocalDay(midnight, zone), last: zone.endOfDay(midnight) - 1, zone, midnight };
}

/** A date-time, or an epoch number. */
function readExact(expression: string): TimeReading {
  const bytes = Buffer.from(expression);
  const reading: TimeReading = { time: NO_TIME, fault: undefined };
  const read = NUMBER.test(expression) ? readTimeNumber : readDateTime;
  read(bytes, 0, bytes.length, reading);
  return reading;
}

/** A local time or date as it is written, without a zero fraction. */
function localText(local: LocalMicros): string {
  return formatTime(local).replace(/(?:\.000000)?Z$/, '');
}

function leftOut(written: string, local: LocalMicros, zone: TimeZone): LedgerError {
  const gap = zone.gapAround(local);
  const [from, to] = gap === null ? [written, written] : [localText(gap.from), localText(gap.to)];
  return new LedgerError('INVALID_TIME', {
    message: `${written} does not exist in ${zone.name}: clocks there go from ${from} to ${to}`,
    hint: `use ${to}, or a time with its offset such as 2026-04-12T09:00+02:00`,
    details: { text: written, zone: zone.name },
  });
}

function ambiguous(text: string): LedgerError {
  const date = `${text.slice(0, 4)}-${text.slice(4, 6) || '01'}-${text.slice(6, 8) || '01'}`;
  return new LedgerError('INVALID_TIME', {
    message: `'${text}' is ambiguous: a year or a date, or seconds since 1970`,
    hint: `write ${date}, or ${text}.0 for seconds`,
    details: { text },
  });
}

/** Read as an offset it would silently be another time, hours away. `written`: with its date. */
function hyphenedInterval([text, start, hours, minutes = '00']: RegExpExecArray, written: string): LedgerError {
  return new LedgerError('INVALID_TIME', {
    message: `'${text}' is ambiguous: an interval, or a time with an offset west of UTC`,
    hint: `write ${start}/${hours}:${minutes} for the interval, or the time with its date: ${written}`,
    details: { text },
  });
}

function invalid(text: string, fault: TimeFault): LedgerError {
  return new LedgerError('INVALID_TIME', {
    message: `'${text.slice(0, 80)}' ${describeTimeFault(fault)}`,
    hint: hintOf(text.trim(), fault),
    details: { text },
  });
}

function hintOf(text: string, fault: TimeFault): string {
  if (fault === 'no-zone') return `write ${text.slice(0, 80)}Z, or name the zone with \`zone\`, such as Europe/Berlin`;
  const [, written, number, unit] = HYPHEN_LEFT_OUT.exec(text) ?? [];
  if (written !== undefined)
    return `write -${unit === undefined ? written : `${number}${unit}`} for the time so long before now`;
  return 'write 2026-04-12, 2026-04-12T09:00:00Z, 09:00Z, today, yesterday, now or -2h';
}
