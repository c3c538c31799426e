/** Ledger time: integer microseconds since the epoch, as a JS number. Formats it and reads it from bytes. No I/O. */

import { byteAt, COMMA, isDigit, ZERO } from '../text/bytes.ts';

/** Integer microseconds since 1970-01-01T00:00:00Z. */
export type Micros = number;

const MICROS_PER_SECOND = 1_000_000;
const MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

/** No time could be read. Not NaN, so that it can be compared with ===. */
export const NO_TIME = Number.MAX_VALUE;

/** Largest distance from the epoch: a difference of two times is still exact in a double. */
const TIME_MAX: Micros = 2 ** 52;
/** The earliest time: the head's time in an empty ledger. */
export const TIME_MIN: Micros = -TIME_MAX;

export function isTime(micros: number): boolean {
  return micros >= TIME_MIN && micros <= TIME_MAX;
}

/**
 * RFC 3339 in UTC with six digits of fraction: `2018-01-31T01:49:59.650000Z`. Text order is time order within years
 * 0000-9999.
 */
export function formatTime(time: Micros): string {
  const second = Math.floor(time / 1_000_000);
  if (second !== lastSecond) {
    lastSecondText = secondText(second);
    lastSecond = second;
  }
  // seven digits without the first one: padding takes twice as long
  return `${lastSecondText}.${String(MICROS_PER_SECOND + time - second * MICROS_PER_SECOND).slice(1)}Z`;
}

// events come in order, many in one second or day, and a date costs more than the rest of a line
let lastSecond = Number.NaN;
let lastSecondText = '';
let lastDay = Number.NaN;
let lastDayText = '';

const SECONDS_PER_DAY = 86_400;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

function secondText(second: number): string {
  const day = Math.floor(second / SECONDS_PER_DAY);
  if (day !== lastDay) {
    lastDayText = new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, -'00:00:00.000Z'.length);
    lastDay = day;
  }
  const ofDay = second - day * SECONDS_PER_DAY;
  const minute = Math.floor(ofDay / 60);
  return `${lastDayText}${TWO_DIGITS[Math.floor(minute / 60)]}:${TWO_DIGITS[minute % 60]}:${TWO_DIGITS[ofDay % 60]}`;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const high = byteAt(bytes, at) - ZERO;
  const low = byteAt(bytes, at + 1) - ZERO;
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : -1;
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysInMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] as number);
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar, by Howard Hinnant's days_from_civil. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The start of a UTC day; NO_TIME if there is no such day, as for 2026-02-30. */
export function startOfDay(year: number, month: number, day: number): Micros {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return NO_TIME;
  return daysFromCivil(year, month, day) * MICROS_PER_DAY;
}

/** Why bytes are not a time; the texts are in {@link describeTimeFault}. */
export type TimeFault = 'not-a-time' | 'no-such-date' | 'no-zone' | 'skipped' | 'out-of-range';

/** What is read as a time, for messages. */
export const ACCEPTED_TIMES =
  'a date and time with its offset (2026-04-12T09:00:00Z, 2026-04-12 09:00:00,5 +0200), or a number of s, ms, us or ns since 1970';

export function describeTimeFault(fault: TimeFault): string {
  switch (fault) {
    case 'not-a-time':
      return `is not a time: ${ACCEPTED_TIMES}`;
    case 'no-such-date':
      return 'is a date or time of day that does not exist';
    case 'no-zone':
      return 'has no zone: end it with Z or an offset such as +02:00';
    case 'skipped':
      return 'does not exist in its zone: clocks there skip it';
    case 'out-of-range':
      return 'is out of range: the ledger keeps times of the years 1828 to 2111';
  }
}

/** A time, or the reason why there is none. On a hot path a caller reuses one object. */
export interface TimeReading {
  time: Micros;
  fault: TimeFault | undefined;
}

/** Records why there is no time. */
export function fail(reading: TimeReading, fault: TimeFault): void {
  reading.time = NO_TIME;
  reading.fault = fault;
}

function storeTime(reading: TimeReading, time: number): void {
  if (isTime(time)) {
    // turns minus zero into zero
    reading.time = time + 0;
    reading.fault = undefined;
  } else {
    fail(reading, 'out-of-range');
  }
}

/**
 * Reads a date-time from `bytes[start, end)` into `reading`: RFC 3339, and as ISO 8601 has it a comma before the fraction
 * and an offset without a colon or minutes. A zone is required, and digits of the fraction after the sixth are cut off.
 * The usual forms alone, because it is on a hot path: `time-text.ts` reads the others.
 */
export function readRfc3339(bytes: Uint8Array, start: number, end: number, reading: TimeReading): void {
  // the shortest is 2026-01-01T00:00:00Z
  if (end - start < 19) return fail(reading, 'not-a-time');
  const century = twoDigits(bytes, start);
  const yearOfCentury = twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  const separator = byteAt(bytes, start + 10);
  const isShaped =
    (century | yearOfCentury | month | day | hour | minute | second) >= 0 &&
    byteAt(bytes, start + 4) === 0x2d &&
    byteAt(bytes, start + 7) === 0x2d &&
    (separator === 0x54 || separator === 0x74 || separator === 0x20) &&
    byteAt(bytes, start + 13) === 0x3a &&
    byteAt(bytes, start + 16) === 0x3a;
  if (!isShaped) return fail(reading, 'not-a-time');

  let at = start + 19;
  let fraction = 0;
  if (at < end && (byteAt(bytes, at) === 0x2e || byteAt(bytes, at) === COMMA)) {
    at++;
    const first = at;
    let weight = 100_000;
    for (; at < end; at++) {
      const digit = byteAt(bytes, at) - ZERO;
      if (digit < 0 || digit > 9) break;
      fraction += digit * weight;
      weight = Math.trunc(weight / 10);
    }
    if (at === first) return fail(reading, 'not-a-time');
  }

  if (at === end) return fail(reading, 'no-zone');
  let offsetMinutes = 0;
  const zone = byteAt(bytes, at);
  if (zone === 0x5a || zone === 0x7a) {
    at++;
  } else if (zone === 0x2b || zone === 0x2d) {
    const length = end - at;
    const hasColon = length === 6 && byteAt(bytes, at + 3) === 0x3a;
    if (!hasColon && length !== 5 && length !== 3) return fail(reading, 'not-a-time');
    const zoneHour = twoDigits(bytes, at + 1);
    const zoneMinute = length === 3 ? 0 : twoDigits(bytes, hasColon ? at + 4 : at + 3);
    if (zoneHour < 0 || zoneHour > 23 || zoneMinute < 0 || zoneMinute > 59) return fail(reading, 'not-a-time');
    offsetMinutes = (zoneHour * 60 + zoneMinute) * (zone === 0x2d ? -1 : 1);
    at = end;
  } else {
    return fail(reading, 'not-a-time');
  }
  if (at !== end) return fail(reading, 'not-a-time');

  const midnight = startOfDay(century * 100 + yearOfCentury, month, day);
  if (midnight === NO_TIME || hour > 23 || minute > 59 || second > 59) return fail(reading, 'no-such-date');
  storeTime(reading, midnight + ((hour * 60 + minute - offsetMinutes) * 60 + second) * MICROS_PER_SECOND + fraction);
}

/** Decimal digits between a unit and the microsecond, by the number of digits before the point. */
function digitsToMicros(wholeDigits: number): number {
  if (wholeDigits <= 11) return 6;
  if (wholeDigits <= 14) return 3;
  if (wholeDigits <= 17) return 0;
  return -3;
}

/**
 * Reads a plain JSON number (no exponent) as time since the epoch, unit by magnitude: below 1e11 seconds, below 1e14
 * ms, below 1e17 us, else ns. A fraction is read to the microsecond and truncated towards the past.
 */
export function readEpochNumber(bytes: Uint8Array, start: number, end: number, reading: TimeReading): void {
  const isNegative = byteAt(bytes, start) === 0x2d;
  const first = isNegative ? start + 1 : start;
  let point = first;
  while (point < end && isDigit(byteAt(bytes, point))) point++;
  const wholeDigits = point - first;
  if (wholeDigits === 0) return fail(reading, 'not-a-time');
  if (wholeDigits > 19) return fail(reading, 'out-of-range');
  if (point < end && (byteAt(bytes, point) !== 0x2e || point + 1 === end)) return fail(reading, 'not-a-time');

  const shift = digitsToMicros(wholeDigits);
  let micros = 0;
  let wasCut = false;
  let taken = 0;
  for (let at = first; at < end; at++) {
    if (at === point) continue;
    const digit = byteAt(bytes, at) - ZERO;
    if (digit < 0 || digit > 9) return fail(reading, 'not-a-time');
    if (taken < wholeDigits + shift) {
      micros = micros * 10 + digit;
      taken++;
    } else if (digit > 0) {
      wasCut = true;
    }
  }
  for (; taken < wholeDigits + shift; taken++) micros *= 10;
  if (isNegative) micros = -micros - (wasCut ? 1 : 0);
  storeTime(reading, micros);
}
