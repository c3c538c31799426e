/**
 * Times as files have them, from bytes: the forms of {@link readRfc3339}, the rarer ones that are unambiguous, numbers in
 * a string, and numbers with an exponent. The kernel reads the usual forms alone and leaves the others to these. No I/O.
 */

import { formatDecimal, PLAIN_DIGITS_MAX, readDecimal } from '../text/decimal.ts';
import { fail, type Micros, NO_TIME, readEpochNumber, readRfc3339, type TimeReading } from './time.ts';
import type { TimeZone } from './time-zone.ts';

const MINUTE = 60e6;
const DAY = 86_400e6;
/** Longer texts are no time; a fraction may have any length in the usual form alone. */
const RARE_MAX = 64;

/** A fraction needs seconds. A blank may precede the offset. */
const CLOCK = '(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:[.,](\\d+))?)?';
const BASIC_CLOCK = '(\\d\\d)(\\d\\d)(?:(\\d\\d)(?:[.,](\\d+))?)?';
const OFFSET = '(?: ?([Zz]|UTC|GMT|[+-]\\d\\d(?::?\\d\\d)?))?';
const EXTENDED = new RegExp(`^(\\d{4})-(\\d\\d)-(\\d\\d)[Tt ]${CLOCK}${OFFSET}$`);
const BASIC = new RegExp(`^(\\d{4})(\\d\\d)(\\d\\d)[Tt]${BASIC_CLOCK}${OFFSET}$`);
const LEAP_SECOND = '60';

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** `2026`, `202604`, `20260412`, `202604120900`: by their digits times of the 1970s, which is hardly ever intended. */
const LIKE_A_DATE =
  /^(?:1[89]|2[01])\d{2}(?:(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d)?)?)?$/;

/** Whether digits alone may be a date without hyphens as well as a number. */
export function isLikeADate(text: string): boolean {
  return LIKE_A_DATE.test(text);
}

/**
 * Reads the text of a string in `bytes[start, end)`. `zone`: of times without an offset; without it they are refused.
 * A local time that occurs twice is the first of the two instants. A leap second is the last microsecond before it.
 */
export function readTimeText(
  bytes: Buffer,
  start: number,
  end: number,
  reading: TimeReading,
  zone: TimeZone | null = null,
): void {
  readDateTime(bytes, start, end, reading, zone);
  if (reading.fault !== 'not-a-time' || end - start > RARE_MAX) return;
  const text = bytes.toString('latin1', start, end);
  if (NUMBER.test(text) && !isLikeADate(text)) readNumber(text, reading);
}

/** As {@link readTimeText}, but digits alone are no time. */
export function readDateTime(
  bytes: Buffer,
  start: number,
  end: number,
  reading: TimeReading,
  zone: TimeZone | null = null,
): void {
  readRfc3339(bytes, start, end, reading);
  if (reading.fault === undefined || reading.fault === 'out-of-range' || end - start > RARE_MAX) return;
  if (reading.fault === 'no-zone' && zone === null) return;
  const text = bytes.toString('latin1', start, end);
  const match = EXTENDED.exec(text) ?? BASIC.exec(text);
  if (match !== null) readMatch(match, zone, reading);
}

/** Reads a number of JSON's grammar in `bytes[start, end)` as time since the epoch, as {@link readEpochNumber}. */
export function readTimeNumber(bytes: Buffer, start: number, end: number, reading: TimeReading): void {
  readEpochNumber(bytes, start, end, reading);
  if (reading.fault === undefined) return;
  const text = bytes.toString('latin1', start, end);
  if (/[eE]/.test(text) && NUMBER.test(text)) readNumber(text, reading);
}

function readNumber(text: string, reading: TimeReading): void {
  const decimal = readDecimal(text);
  if (decimal === null || decimal.point > BigInt(PLAIN_DIGITS_MAX)) return fail(reading, 'out-of-range');
  // of a smaller one nothing but its sign counts
  const isTiny = decimal.point < BigInt(-PLAIN_DIGITS_MAX);
  const plain = Buffer.from(isTiny ? `${decimal.sign < 0 ? '-' : ''}0.0000001` : formatDecimal(decimal));
  readEpochNumber(plain, 0, plain.length, reading);
}

function readMatch(match: RegExpExecArray, zone: TimeZone | null, reading: TimeReading): void {
  const [, year, month, day, hour, minute, second = '00', fraction, offset] = match;
  if (offset === undefined && zone === null) return fail(reading, 'no-zone');
  const isLeap = second === LEAP_SECOND;
  const clock = isLeap ? `${hour}:${minute}:59.999999` : `${hour}:${minute}:${second}.${fraction ?? '0'}`;
  const isUtc = offset === undefined || !/^[+-]/.test(offset);
  const written = Buffer.from(`${year}-${month}-${day}T${clock}${isUtc ? 'Z' : offset}`);
  readRfc3339(written, 0, written.length, reading);
  if (reading.fault === undefined && offset === undefined && zone !== null) readLocal(reading, zone);
  if (reading.fault === undefined && isLeap && !isBeforeMidnight(reading.time)) fail(reading, 'no-such-date');
}

function readLocal(reading: TimeReading, zone: TimeZone): void {
  const instant = zone.instantOf(reading.time);
  if (instant === null) fail(reading, 'skipped');
  else reading.time = instant;
}

/** Leap seconds are inserted before midnight of UTC, wherever the clock is. */
function isBeforeMidnight(time: Micros): boolean {
  const ofDay = time - Math.floor(time / DAY) * DAY;
  return time !== NO_TIME && ofDay >= DAY - MINUTE;
}
