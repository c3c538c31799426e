/** Strings, sixteen bytes at a time. */

import { BACKSLASH, BLANK, isDigit, QUOTE } from './bytes';
import { FAULT_BAD_ESCAPE, FAULT_BAD_UTF8, FAULT_CONTROL_IN_STRING } from './codes';
import { STOPPED, stop } from './fault';
import { skipText, utf8Length } from './utf8';

/** A bit for each character that may follow a backslash, of the first 64 and of the others. */
const ESCAPES_LOW: u64 = 0x0000800400000000;
const ESCAPES_HIGH: u64 = 0x0014404410000000;

/** Whether the last string has an escape. */
export let sawEscape: bool = false;

/** A string, from its opening quote to past its closing one. Returns the address behind it, or STOPPED. */
@inline
export function scanString(start: usize): usize {
  return scanStringOn(start, start + 1);
}

/** The same from `from` on, before which it is plain ASCII. */
export function scanStringOn(start: usize, from: usize): usize {
  sawEscape = false;
  let place = from;
  for (;;) {
    const mask = needsLook(place);
    if (mask == 0) {
      place += 16;
      continue;
    }
    place += ctz(mask);
    const byte = load<u8>(place);
    if (byte == QUOTE) return place + 1;
    if (byte >= 0x80) {
      place = skipText(place);
      if (place == STOPPED) return scanStringByByte(start);
    } else if (byte == BACKSLASH) {
      place = scanEscape(place);
      if (place == STOPPED) return STOPPED;
    } else {
      return stop(FAULT_CONTROL_IN_STRING, place);
    }
  }
  return STOPPED;
}

/** A bit for each of sixteen bytes that is no plain ASCII character of a string. */
@inline
export function needsLook(place: usize): i32 {
  return needsLookIn(v128.load(place));
}

/** The last byte of the plain ASCII behind a quote; the quote if there is none. */
@inline
export function plainTextEnd(quote: usize): usize {
  let place = quote;
  // V8 adds a constant offset to an address for nothing
  let look = needsLookIn(v128.load(place, 1));
  while (look == 0) {
    place += 16;
    look = needsLookIn(v128.load(place, 1));
  }
  return place + <usize>ctz(look);
}

@inline
function needsLookIn(bytes: v128): i32 {
  // signed, and with one bit turned: control characters and bytes from 0x80 on stay below 0x21, and of all others a quote alone gets there
  return i8x16.bitmask(
    v128.or(i8x16.lt_s(v128.xor(bytes, i8x16.splat(0x02)), i8x16.splat(0x21)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
  );
}

/** The same with a string that seems to have a fault: finds its place. */
function scanStringByByte(start: usize): usize {
  let place = start + 1;
  for (;;) {
    const byte = load<u8>(place);
    if (byte == QUOTE) return place + 1;
    if (byte >= 0x80) {
      const length = utf8Length(place);
      if (length == 0) return stop(FAULT_BAD_UTF8, place);
      place += length;
    } else if (byte == BACKSLASH) {
      place = scanEscape(place);
      if (place == STOPPED) return STOPPED;
    } else if (byte < BLANK) {
      return stop(FAULT_CONTROL_IN_STRING, place);
    } else {
      place++;
    }
  }
  return STOPPED;
}

/** An escape, from its backslash on. */
@inline
function scanEscape(place: usize): usize {
  sawEscape = true;
  const escaped = load<u8>(place + 1);
  if (escaped == 0x75) {
    for (let nth: usize = 2; nth < 6; nth++) {
      if (!isHex(load<u8>(place + nth))) return stop(FAULT_BAD_ESCAPE, place + nth);
    }
    return place + 6;
  }
  return isEscape(escaped) ? place + 2 : stop(FAULT_BAD_ESCAPE, place + 1);
}

function isHex(byte: u8): bool {
  return isDigit(byte) || <u8>((byte | 0x20) - 0x61) < 6;
}

/** One of `"/\\bfnrt`. */
@inline
function isEscape(byte: u8): bool {
  return byte < 0x80 && (((byte < 0x40 ? ESCAPES_LOW : ESCAPES_HIGH) >> <u64>(byte & 0x3f)) & 1) == 1;
}
