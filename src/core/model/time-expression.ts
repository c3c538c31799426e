/** Times as people write them: RFC 3339, dates, epoch numbers, `now`, `today`, `yesterday`, `-2h`. Reads no clock: it is passed in. */

import type { DateTime } from 'luxon';
import { LedgerError } from './ledger-error.ts';
import { text as anyText } from './option-kinds.ts';
import { readArgument } from './options.ts';
import { describeTimeFault, isTime, type Micros, NO_TIME, readEpochNumber, readRfc3339, startOfDay, type TimeFault, type TimeReading } from './time.ts';

/** What an expression covers, both ends inclusive: one microsecond, or the whole of a day. */
export interface TimeSpan {
  readonly first: Micros;
  readonly last: Micros;
}

export interface TimeContext {
  readonly now: Micros;
  /** IANA name for dates, words and times without a zone; undefined: UTC, and a time without a zone is refused. */
  readonly zone?: string | undefined;
}

const DAY_MICROS = 86_400e6;
const UNIT_MICROS: Readonly<Record<string, number>> = { ms: 1e3, s: 1e6, m: 60e6, h: 3600e6, d: DAY_MICROS, w: 7 * DAY_MICROS };
const AGO = /^-(?:\d+(?:ms|[smhdw]))+$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const NUMBER = /^-?\d+(\.\d+)?$/;
/** `2026` and `20260412`: seconds of the year 1970 by their digits, and hardly ever meant so. */
const LIKE_A_DATE = /^(?:1[89]|2[01])\d{2}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))?$/;
const LOCAL = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;
/** A time with a zone and without seconds, as ISO 8601 allows and RFC 3339 does not. */
const MINUTES = /^(\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2})([Zz]|[+-]\d{2}:\d{2})$/;

/** A time as callers give it: an expression, or a Date, which covers its millisecond. */
export type TimeInput = string | Date;

/** @throws LedgerError INVALID_TIME */
export async function readTimeExpression(time: TimeInput, context: TimeContext): Promise<TimeSpan> {
  const text = typeof time === 'string' ? time : `${time.getTime()}ms since 1970`;
  const span = typeof time === 'string' ? await readSpan(time, context) : millisecond(time.getTime());
  if (!isTime(span.first) || !isTime(span.last)) throw invalid(text, 'out-of-range');
  return span;
}

async function readSpan(text: string, context: TimeContext): Promise<TimeSpan> {
  const expression = text.trim();
  if (expression === 'now') return instant(context.now);
  if (AGO.test(expression)) return instant(context.now - duration(expression.slice(1)));
  if (expression === 'today' || expression === 'yesterday') return wordDay(expression, context);
  const date = DATE.exec(expression);
  if (date !== null) {
    const utc = startOfDay(Number(date[1]), Number(date[2]), Number(date[3]));
    if (utc === NO_TIME) throw invalid(text, 'no-such-date');
    return context.zone === undefined ? { first: utc, last: utc + DAY_MICROS - 1 } : zoneDay(expression, context.zone);
  }
  if (LIKE_A_DATE.test(expression)) throw ambiguous(expression);
  if (LOCAL.test(expression) && context.zone !== undefined) return instant(await localTime(text, expression, context.zone));
  return instant(readExact(text, expression));
}

/** Sum of a chain of durations such as `1h30m`, in microseconds. @throws LedgerError INVALID_TIME */
export function readDuration(text: string): Micros {
  if (!/^(?:\d+(?:ms|[smhdw]))+$/.test(readArgument('readDuration()', 'text', text, anyText))) {
    throw new LedgerError('INVALID_TIME', { message: `'${text.slice(0, 80)}' is not a duration`, hint: 'write 90s, 30m, 24h, 7d or 1h30m' });
  }
  return duration(text);
}

/** Whole milliseconds in the largest unit that holds them without a rest: `90m`, `36h`. {@link readDuration} reads it back. */
export function formatDuration(micros: Micros): string {
  const [unit = 'ms', size = 1e3] = Object.entries(UNIT_MICROS).findLast(([, each]) => micros % each === 0) ?? [];
  return `${micros / size}${unit}`;
}

function duration(text: string): Micros {
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) sum += Number(count) * (UNIT_MICROS[unit as string] as number);
  return sum;
}

/** A Date is cut off behind its milliseconds: an event of 12.000500 is one of its Date, 12.000. */
function millisecond(millis: number): TimeSpan {
  return { first: millis * 1000, last: millis * 1000 + 999 };
}

function instant(time: Micros): TimeSpan {
  return { first: time, last: time };
}

/** RFC 3339 or an epoch number. */
function readExact(text: string, expression: string): Micros {
  const bytes = Buffer.from(LOCAL.test(expression) ? withSeconds(expression) : expression.replace(MINUTES, '$1:00$2'));
  const reading: TimeReading = { time: NO_TIME, fault: undefined };
  const read = NUMBER.test(expression) ? readEpochNumber : readRfc3339;
  read(bytes, 0, bytes.length, reading);
  if (reading.fault !== undefined) throw invalid(text, reading.fault);
  return reading.time;
}

/** `2026-04-12T09:00` lacks its zone before it lacks its seconds: that is what the message should say. */
function withSeconds(local: string): string {
  return local.length === 16 ? `${local}:00` : local;
}

// Luxon knows the zones of the world; only expressions that need one pay for loading it.
async function luxon(): Promise<typeof import('luxon')> {
  return import('luxon');
}

async function zoneDay(date: string, zone: string): Promise<TimeSpan> {
  const { DateTime } = await luxon();
  return wholeDay(DateTime.fromISO(date, { zone: checkedZone(DateTime, zone) }));
}

async function wordDay(word: 'today' | 'yesterday', context: TimeContext): Promise<TimeSpan> {
  const { DateTime } = await luxon();
  const today = DateTime.fromMillis(Math.floor(context.now / 1000), { zone: checkedZone(DateTime, context.zone ?? 'utc') }).startOf('day');
  return wholeDay(word === 'today' ? today : today.minus({ days: 1 }));
}

function wholeDay(start: DateTime): TimeSpan {
  const day = start.startOf('day');
  return { first: day.toMillis() * 1000, last: day.plus({ days: 1 }).startOf('day').toMillis() * 1000 - 1 };
}

async function localTime(text: string, expression: string, zone: string): Promise<Micros> {
  const { DateTime } = await luxon();
  // Luxon stops at milliseconds and moves a time that a clock change leaves out; both are looked at here
  const [seconds = '', fraction = ''] = expression.replace(/[t ]/, 'T').split('.');
  const time = DateTime.fromISO(seconds, { zone: checkedZone(DateTime, zone) });
  if (!time.isValid || !time.toISO({ includeOffset: false, suppressMilliseconds: true })?.startsWith(withSeconds(seconds))) throw invalid(text, 'no-such-date');
  return time.toMillis() * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

function checkedZone(dateTime: typeof DateTime, zone: string): string {
  if (dateTime.utc().setZone(zone).isValid) return zone;
  throw new LedgerError('INVALID_TIME', { message: `'${zone.slice(0, 80)}' is not a time zone`, hint: 'use an IANA name such as Europe/Berlin, or utc' });
}

function ambiguous(text: string): LedgerError {
  const date = `${text.slice(0, 4)}-${text.slice(4, 6) || '01'}-${text.slice(6) || '01'}`;
  return new LedgerError('INVALID_TIME', {
    message: `'${text}' may be meant as a year or a date, or as seconds since 1970`,
    hint: `write ${date}, or ${text}.0 for seconds`,
    details: { text },
  });
}

function invalid(text: string, fault: TimeFault): LedgerError {
  return new LedgerError('INVALID_TIME', {
    message: `'${text.slice(0, 80)}' ${describeTimeFault(fault)}`,
    hint: 'write 2026-04-12, 2026-04-12T09:00:00Z, today, yesterday, now or -2h',
    details: { text },
  });
}
