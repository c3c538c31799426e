/** Numbers, words and strings: each function returns the address behind its token, or STOPPED. */

import { isDigit, MINUS, QUOTE, ZERO } from './bytes';
import {
  FAULT_BAD_NUMBER,
  FAULT_UNEXPECTED_BYTE,
  KIND_DECIMAL,
  KIND_ESCAPED_STRING,
  KIND_FALSE,
  KIND_INTEGER,
  KIND_NULL,
  KIND_STRING,
  KIND_TRUE,
} from './codes';
import { STOPPED, stop } from './fault';
import { sawEscape, scanString } from './strings';

const POINT: u8 = 0x2e;
const PLUS: u8 = 0x2b;
export const TRUE: u32 = 0x65757274;
export const NULL: u32 = 0x6c6c756e;

/** Whether the last number has a fraction or an exponent. */
let sawFraction: bool = false;

/** `first`: the byte at `start`. */
@inline
export function scanScalar(start: usize, first: u8): usize {
  if (first == QUOTE) return scanString(start);
  return first == MINUS || isDigit(first) ? scanNumber(start, first) : scanWord(start, first);
}

/** The kind of the scalar that was read last, by its first byte. */
@inline
export function scalarKind(first: u8): u8 {
  if (first == QUOTE) return sawEscape ? KIND_ESCAPED_STRING : KIND_STRING;
  if (first == MINUS || isDigit(first)) return sawFraction ? KIND_DECIMAL : KIND_INTEGER;
  if (first == 0x74) return KIND_TRUE;
  return first == 0x66 ? KIND_FALSE : KIND_NULL;
}

export function scanWord(start: usize, first: u8): usize {
  if (first == 0x74) return expectWord(start, TRUE);
  if (first == 0x6e) return expectWord(start, NULL);
  if (first != 0x66) return stop(FAULT_UNEXPECTED_BYTE, start);
  const last = expectWord(start, 0x736c6166);
  if (last == STOPPED) return STOPPED;
  return load<u8>(last) == 0x65 ? last + 1 : stop(FAULT_UNEXPECTED_BYTE, last);
}

/** Compares four bytes at once; on a mismatch reports the first byte that differs. */
@inline
function expectWord(start: usize, word: u32): usize {
  const difference = load<u32>(start) ^ word;
  return difference == 0 ? start + 4 : stop(FAULT_UNEXPECTED_BYTE, start + (ctz(difference) >> 3));
}

/** The end of a number of at most fifteen bytes without an exponent; 0 if there is none, a fault, or another number. */
@inline
export function usualNumberEnd(start: usize): usize {
  let place = start;
  let others = bytesNotDigits(place);
  let digits = <u32>ctz(others);
  if (digits == 0) {
    if (load<u8>(place) != MINUS) return 0;
    place++;
    others = bytesNotDigits(place);
    digits = <u32>ctz(others);
    if (digits == 0) return 0;
  }
  if (digits > 15) return 0;
  if (load<u8>(place) == ZERO) {
    if (digits != 1) return 0;
  }
  let end = place + <usize>digits;
  let byte = load<u8>(end);
  if (byte == POINT) {
    const behind = <u32>ctz(others >> (digits + 1));
    if (behind == 0) return 0;
    if (digits + behind > 14) return 0;
    end += <usize>(behind + 1);
    byte = load<u8>(end);
  }
  return (byte | 0x20) == 0x65 ? 0 : end;
}

/** The kind of a scalar without an escape or an exponent, and of no more than sixteen bytes if it is a number. */
@inline
export function usualKind(start: usize, end: usize): u8 {
  const first = load<u8>(start);
  if (first == QUOTE) return KIND_STRING;
  if (first == 0x74) return KIND_TRUE;
  if (first == 0x6e) return KIND_NULL;
  const digits = first == MINUS ? start + 1 : start;
  return digits + <usize>ctz(bytesNotDigits(digits)) < end ? KIND_DECIMAL : KIND_INTEGER;
}

/** One load of sixteen bytes finds the ends of both runs of digits of a usual number. */
export function scanNumber(start: usize, first: u8): usize {
  sawFraction = false;
  const place = first == MINUS ? start + 1 : start;
  const others = bytesNotDigits(place);
  let digits = <u32>ctz(others);
  if (digits == 0) return stop(FAULT_BAD_NUMBER, place);
  let end = place + 1;
  if (load<u8>(place) == ZERO) digits = 1;
  else end = digits < 16 ? place + digits : skipDigits(place + 16);
  if (load<u8>(end) == POINT) {
    sawFraction = true;
    end++;
    const behind = digits < 15 ? <u32>ctz(others >> (digits + 1)) : 0;
    if (behind != 0 && digits + 1 + behind < 16) {
      end += behind;
    } else {
      if (!isDigit(load<u8>(end))) return stop(FAULT_BAD_NUMBER, end);
      end = skipDigits(end + 1);
    }
  }
  return (load<u8>(end) | 0x20) == 0x65 ? scanExponent(end + 1) : end;
}

/** A bit for each of sixteen bytes that is no digit, and ones beyond these. */
@inline
export function bytesNotDigits(place: usize): u32 {
  const bytes = i8x16.sub(v128.load(place), i8x16.splat(ZERO));
  return <u32>i8x16.bitmask(i8x16.ge_u(bytes, i8x16.splat(10))) | 0xffff0000;
}

function scanExponent(start: usize): usize {
  sawFraction = true;
  const sign = load<u8>(start);
  const place = sign == PLUS || sign == MINUS ? start + 1 : start;
  return isDigit(load<u8>(place)) ? skipDigits(place + 1) : stop(FAULT_BAD_NUMBER, place);
}

function skipDigits(start: usize): usize {
  let place = start;
  while (isDigit(load<u8>(place))) place++;
  return place;
}
