/** Times as text. The reference is `formatTime` in `model/time/time.ts`. */

import { eightDigits, writePadded } from './digits';

const MICROS_PER_SECOND: i64 = 1000000;
const SECONDS_PER_DAY: i64 = 86400;
/** From the first day of an era of 400 years, 0000-03-01, to 1970-01-01. */
const DAYS_BEFORE_1970: i64 = 719468;

/** `2018-01-31T01:49:59.650000Z` */
export const TIME_BYTES: usize = 27;
const SECOND_BYTES: usize = 20;

/** Events come in order, many in one second: the text of the last one, up to the point, at the address that the host gave. */
let cache: usize = 0;
let lastSecond: i64 = i64.MIN_VALUE;

/** `at`: of 32 bytes. */
export function setTimeCache(at: usize): void {
  cache = at;
  lastSecond = i64.MIN_VALUE;
}

/** The floor of a quotient. */
@inline
export function floorDivide(value: i64, divisor: i64): i64 {
  const quotient = value / divisor;
  return quotient * divisor > value ? quotient - 1 : quotient;
}

/** A time of the years 1828 to 2111. Writes 32 bytes, of which the first {@link TIME_BYTES} count. */
export function writeTime(at: usize, time: i64): void {
  const second = floorDivide(time, MICROS_PER_SECOND);
  if (second != lastSecond) {
    writeSecond(second);
    lastSecond = second;
  }
  v128.store(at, v128.load(cache));
  v128.store(at + 16, v128.load(cache + 16));
  // two of the eight are no digits of a second's microseconds
  store<u64>(at + SECOND_BYTES, eightDigits(<u32>(time - second * MICROS_PER_SECOND)) >> 16);
  store<u8>(at + TIME_BYTES - 1, 0x5a);
}

/** The date by Howard Hinnant's civil_from_days. */
function writeSecond(second: i64): void {
  const day = floorDivide(second, SECONDS_PER_DAY);
  const ofDay = <u32>(second - day * SECONDS_PER_DAY);
  const days = <u32>(day + DAYS_BEFORE_1970);
  const era = days / 146097;
  const dayOfEra = days - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  // months from March on
  const shifted = (5 * dayOfYear + 2) / 153;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  writePadded(cache, era * 400 + yearOfEra + (month <= 2 ? 1 : 0), 4);
  store<u8>(cache + 4, 0x2d);
  writePadded(cache + 5, month, 2);
  store<u8>(cache + 7, 0x2d);
  writePadded(cache + 8, dayOfYear - (153 * shifted + 2) / 5 + 1, 2);
  store<u8>(cache + 10, 0x54);
  writePadded(cache + 11, ofDay / 3600, 2);
  store<u8>(cache + 13, 0x3a);
  writePadded(cache + 14, (ofDay / 60) % 60, 2);
  store<u8>(cache + 16, 0x3a);
  writePadded(cache + 17, ofDay % 60, 2);
  store<u8>(cache + 19, 0x2e);
}
