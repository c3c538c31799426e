/** Strings, sixteen bytes at a time. */

import { BACKSLASH, BLANK, isDigit, QUOTE } from './bytes';
import { FAULT_BAD_ESCAPE, FAULT_BAD_UTF8, FAULT_CONTROL_IN_STRING } from './codes';
import { STOPPED, stop } from './fault';
import { utf8Length } from './utf8';

/** Whether the last string has an escape. */
export let sawEscape: bool = false;

/** A string, from its opening quote to past its closing one. Returns the address behind it, or STOPPED. */
export function scanString(start: usize): usize {
  sawEscape = false;
  let place = start + 1;
  for (;;) {
    const bytes = v128.load(place);
    // signed: control characters and all bytes from 0x80 on are below a blank
    const needsLook = v128.or(
      i8x16.lt_s(bytes, i8x16.splat(BLANK)),
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
    );
    const mask = i8x16.bitmask(needsLook);
    if (mask == 0) {
      place += 16;
      continue;
    }
    place += ctz(mask);
    const byte = load<u8>(place);
    if (byte == QUOTE) return place + 1;
    if (byte >= 0x80) {
      // a run of them in one loop: text of other scripts has few other characters in between
      do {
        const length = utf8Length(place);
        if (length == 0) return stop(FAULT_BAD_UTF8, place);
        place += length;
      } while (load<u8>(place) >= 0x80);
    } else if (byte == BACKSLASH) {
      place = scanEscape(place);
      if (place == STOPPED) return STOPPED;
    } else {
      return stop(FAULT_CONTROL_IN_STRING, place);
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

function isEscape(byte: u8): bool {
  return (
    byte == QUOTE || byte == BACKSLASH || byte == 0x2f || byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74
  );
}
