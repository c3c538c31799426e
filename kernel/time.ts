/**
 * Times from bytes, in integer microseconds. The reference is `model/time/time.ts`; the faults are those of its lines.
 */

import {
  FAULT_NONE,
  FAULT_TIME_NO_SUCH_DATE,
  FAULT_TIME_NO_ZONE,
  FAULT_TIME_NOT_READABLE,
  FAULT_TIME_OUT_OF_RANGE,
  FAULT_UNDECIDED,
} from './codes';
import { isMinuteKept, keepMinute, keptMicros } from './minute';

/**
 * Two to the power of 52: within this distance from the epoch the difference of two times is still exact in a double.
 */
export const TIME_MAX: i64 = 4503599627370496;

const MINUTE: i64 = 60000000;

/** The last value read. */
let time: i64 = 0;

export function readTime(): f64 {
  return <f64>time;
}

export function storeTime(value: i64): u8 {
  time = value;
  return value >= -TIME_MAX && value <= TIME_MAX ? FAULT_NONE : FAULT_TIME_OUT_OF_RANGE;
}

@inline
export function digit(at: usize): u32 {
  return <u32>load<u8>(at) - 0x30;
}

/** Returns a value above 99 unless there are two digits. */
@inline
function twoDigits(at: usize): u32 {
  const high = digit(at);
  const low = digit(at + 1);
  return high < 10 && low < 10 ? high * 10 + low : 1000;
}

function daysInMonth(year: i32, month: u32): u32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}

/** Howard Hinnant's days_from_civil, for years from 0 on. */
function daysFromCivil(year: i32, month: u32, day: u32): i64 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const shifted = month > 2 ? <i32>month - 3 : <i32>month + 9;
  const dayOfYear = (153 * shifted + 2) / 5 + <i32>day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return <i64>era * 146097 + <i64>dayOfEra - 719468;
}

/** Of the last text that had the shape of a minute: since 1970, whether its date exists, and its time of day. */
let minutes: i64 = 0;
let isDate: bool = false;
let isTimeOfDay: bool = false;

/** `2026-04-12T09:00`. Returns false unless it has that shape. */
function readMinute(start: usize): bool {
  const century = twoDigits(start);
  const yearOfCentury = twoDigits(start + 2);
  const month = twoDigits(start + 5);
  const day = twoDigits(start + 8);
  const hour = twoDigits(start + 11);
  const minute = twoDigits(start + 14);
  const separator = load<u8>(start + 10);
  const isShaped =
    century < 100 &&
    yearOfCentury < 100 &&
    month < 100 &&
    day < 100 &&
    hour < 100 &&
    minute < 100 &&
    load<u8>(start + 4) == 0x2d &&
    load<u8>(start + 7) == 0x2d &&
    (separator == 0x54 || separator == 0x74 || separator == 0x20) &&
    load<u8>(start + 13) == 0x3a;
  if (!isShaped) return false;
  const year = <i32>(century * 100 + yearOfCentury);
  isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  isTimeOfDay = hour <= 23 && minute <= 59;
  if (!isDate || !isTimeOfDay) return true;
  minutes = daysFromCivil(year, month, day) * 1440 + <i64>(hour * 60 + minute);
  const micros = minutes * MINUTE;
  if (micros >= -TIME_MAX && micros <= TIME_MAX - MINUTE) keepMinute(start, micros);
  return true;
}

/** A date-time in `[start, end)`. Returns a fault; FAULT_UNDECIDED for a leap second. */
export function readRfc3339(start: usize, end: usize): u8 {
  if (end - start < 19) return FAULT_TIME_NOT_READABLE;
  if (isMinuteKept(start)) {
    minutes = keptMicros / MINUTE;
    isDate = true;
    isTimeOfDay = true;
  } else if (!readMinute(start)) {
    return FAULT_TIME_NOT_READABLE;
  }
  const second = twoDigits(start + 17);
  if (second > 99 || load<u8>(start + 16) != 0x3a) return FAULT_TIME_NOT_READABLE;

  let at = start + 19;
  let fraction: i64 = 0;
  if (at < end && (load<u8>(at) == 0x2e || load<u8>(at) == 0x2c)) {
    at++;
    const first = at;
    let weight: i64 = 100000;
    for (; at < end; at++) {
      const value = digit(at);
      if (value > 9) break;
      fraction += <i64>value * weight;
      weight /= 10;
    }
    if (at == first) return FAULT_TIME_NOT_READABLE;
  }

  if (at == end) return FAULT_TIME_NO_ZONE;
  let offsetMinutes: i64 = 0;
  const zone = load<u8>(at);
  if (zone == 0x5a || zone == 0x7a) {
    at++;
  } else if (zone == 0x2b || zone == 0x2d) {
    const length = end - at;
    const hasColon = length == 6 && load<u8>(at + 3) == 0x3a;
    if (!hasColon && length != 5 && length != 3) return FAULT_TIME_NOT_READABLE;
    const zoneHour = twoDigits(at + 1);
    const zoneMinute: u32 = length == 3 ? 0 : twoDigits(hasColon ? at + 4 : at + 3);
    if (zoneHour > 23 || zoneMinute > 59) return FAULT_TIME_NOT_READABLE;
    offsetMinutes = <i64>(zoneHour * 60 + zoneMinute);
    if (zone == 0x2d) offsetMinutes = -offsetMinutes;
    at = end;
  } else {
    return FAULT_TIME_NOT_READABLE;
  }
  if (at != end) return FAULT_TIME_NOT_READABLE;

  if (!isDate) return FAULT_TIME_NO_SUCH_DATE;
  // a leap second: the reference knows where one can be
  if (second == 60) return FAULT_UNDECIDED;
  if (!isTimeOfDay || second > 59) return FAULT_TIME_NO_SUCH_DATE;
  return storeTime(((minutes - offsetMinutes) * 60 + <i64>second) * 1000000 + fraction);
}
