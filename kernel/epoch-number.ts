/** Times as plain numbers since 1970, unit by magnitude. The reference is `model/time/time.ts`. */

import { FAULT_TIME_NOT_READABLE, FAULT_TIME_OUT_OF_RANGE } from './codes';
import { sixteenDigits } from './digits';
import { digit, storeTime } from './time';

/** Digits of the numbers that are read at once. */
const SHORT_MIN: usize = 9;
const SHORT_MAX: usize = 16;
/** Numbers with this many digits at most are seconds, milliseconds, or microseconds; longer ones are nanoseconds. */
const SECONDS_DIGITS: usize = 11;
const MILLIS_DIGITS: usize = 14;
const MICROS_DIGITS: usize = 17;

/** A plain JSON number in `[start, end)` as time since the epoch, unit by magnitude. Returns a fault. */
export function readEpochNumber(start: usize, end: usize): u8 {
  const length = end - start;
  if (length >= SHORT_MIN && length <= SHORT_MAX) {
    const value = sixteenDigits(start, length);
    if (value >= 0) return storeTime(value * (length <= SECONDS_DIGITS ? 1000000 : length <= MILLIS_DIGITS ? 1000 : 1));
  }
  const isNegative = load<u8>(start) == 0x2d;
  const first = isNegative ? start + 1 : start;
  let point = first;
  while (point < end && digit(point) < 10) point++;
  const wholeDigits = <i32>(point - first);
  if (wholeDigits == 0) return FAULT_TIME_NOT_READABLE;
  if (wholeDigits > 19) return FAULT_TIME_OUT_OF_RANGE;
  if (point < end && (load<u8>(point) != 0x2e || point + 1 == end)) return FAULT_TIME_NOT_READABLE;

  let wanted = wholeDigits;
  if (<usize>wholeDigits <= SECONDS_DIGITS) wanted += 6;
  else if (<usize>wholeDigits <= MILLIS_DIGITS) wanted += 3;
  else if (<usize>wholeDigits > MICROS_DIGITS) wanted -= 3;
  let micros: i64 = 0;
  let wasCut = false;
  let taken: i32 = 0;
  for (let at = first; at < end; at++) {
    if (at == point) continue;
    const value = digit(at);
    if (value > 9) return FAULT_TIME_NOT_READABLE;
    if (taken < wanted) {
      micros = micros * 10 + <i64>value;
      taken++;
    } else if (value > 0) {
      wasCut = true;
    }
  }
  for (; taken < wanted; taken++) micros *= 10;
  if (isNegative) micros = -micros - (wasCut ? 1 : 0);
  return storeTime(micros);
}
