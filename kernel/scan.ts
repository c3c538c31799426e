/**
 * A faster copy of the reference scanner: strict RFC 8259 and UTF-8 in one pass, strings sixteen bytes at a time, the
 * fields of a plan. Input ends with a line feed, followed by 32 readable bytes. No loop checks for the end, because no
 * token contains a line feed.
 */

import {
  FAULT_BAD_ESCAPE,
  FAULT_BAD_NUMBER,
  FAULT_BAD_UTF8,
  FAULT_CONTROL_IN_STRING,
  FAULT_FIELD_TWICE,
  FAULT_NONE,
  FAULT_TOO_DEEP,
  FAULT_TOO_LONG,
  FAULT_UNEXPECTED_BYTE,
  FAULT_UNEXPECTED_END,
  FAULT_UNDECIDED,
  KIND_ARRAY,
  KIND_DECIMAL,
  KIND_ESCAPED_STRING,
  KIND_FALSE,
  KIND_INTEGER,
  KIND_NULL,
  KIND_OBJECT,
  KIND_STRING,
  KIND_TRUE,
} from './codes';
import {
  capacity,
  depthMax,
  ends,
  faults,
  faultsAt,
  fieldEnds,
  fieldKinds,
  fieldStarts,
  isLastTaken,
  isObjectAt,
  KEY_BYTES,
  keys,
  lineBytesMax,
  NODE_BYTES,
  nodeAt,
  nodes,
  numbers,
  slotCount,
  starts,
} from './layout';

const LINE_FEED: u8 = 0x0a;
const CARRIAGE_RETURN: u8 = 0x0d;
const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const MINUS: u8 = 0x2d;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;
const OPEN_BRACKET: u8 = 0x5b;
const CLOSE_BRACKET: u8 = 0x5d;

/** No key of the plan leads here. */
const NO_NODE: i32 = -1;

/** End of the last token, its fault, and its kind. */
let at: usize = 0;
let fault: u8 = FAULT_NONE;
let sawEscape: bool = false;
let sawFraction: bool = false;
let lineStamp: u32 = 0;
/** Subtracted from addresses to get offsets in the host's chunk. */
let base: usize = 0;

/** Result of the last scan, read by the host. */
let lineCount: u32 = 0;
let undecidedCount: u32 = 0;

export function scannedLineCount(): u32 {
  return lineCount;
}

export function scannedUndecidedCount(): u32 {
  return undecidedCount;
}

/**
 * Scans `[start, end)`. Returns the count of records, or `capacity + 1` if the tables are too small: the result is then
 * invalid.
 */
export function scan(start: usize, end: usize, chunkBase: usize): u32 {
  base = chunkBase;
  let lineStart = start;
  let number: u32 = 0;
  let count: u32 = 0;
  undecidedCount = 0;
  while (lineStart < end) {
    const first = skipSpace(lineStart);
    if (load<u8>(first) == LINE_FEED) {
      lineStart = first + 1;
    } else {
      if (count == capacity) return capacity + 1;
      lineStart = scanLine(lineStart, first, count, number);
      count++;
    }
    number++;
  }
  lineCount = number;
  return count;
}

/** Scans one line into record `line`; returns where the next one begins. */
function scanLine(start: usize, first: usize, line: u32, number: u32): usize {
  memory.fill(fieldKinds + line * slotCount, 0, slotCount);
  lineStamp++;
  fault = FAULT_NONE;
  scanDocument(first, line);
  let lineFeed: usize;
  if (fault == FAULT_NONE) {
    const rest = skipSpace(at);
    if (load<u8>(rest) == LINE_FEED) {
      lineFeed = rest;
      at = rest;
    } else {
      fault = FAULT_UNEXPECTED_BYTE;
      at = rest;
      lineFeed = findLineFeed(rest);
    }
  } else {
    lineFeed = findLineFeed(at);
  }
  let lineEnd = lineFeed;
  if (lineEnd > start && load<u8>(lineEnd - 1) == CARRIAGE_RETURN) lineEnd--;

  if (<u32>(lineEnd - start) > lineBytesMax) {
    fault = FAULT_TOO_LONG;
    at = start + lineBytesMax;
  } else if (at >= lineEnd && fault != FAULT_NONE && fault != FAULT_BAD_UTF8 && fault != FAULT_UNDECIDED) {
    // a token that stopped at the line's end was truncated
    fault = FAULT_UNEXPECTED_END;
  }
  // a carriage return that belongs to the line's end is followed by no byte of the line
  if (at > lineEnd) at = lineEnd;
  if (fault == FAULT_UNDECIDED) undecidedCount++;
  const column = <usize>line << 2;
  store<u32>(starts + column, <u32>(start - base));
  store<u32>(ends + column, <u32>(lineEnd - base));
  store<u32>(numbers + column, number);
  store<u32>(faultsAt + column, <u32>(at - base));
  store<u8>(faults + line, fault);
  return lineFeed + 1;
}

function findLineFeed(from: usize): usize {
  let place = from;
  for (;;) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(place), i8x16.splat(LINE_FEED)));
    if (mask != 0) return place + ctz(mask);
    place += 16;
  }
  return place;
}

/** One JSON value with all it contains, without recursion. */
function scanDocument(first: usize, line: u32): void {
  let depth: i32 = 0;
  let node: i32 = 0;
  at = first;
  for (;;) {
    // a value begins at `at`; `node` is the plan's node for it
    const valueStart = at;
    const byte = load<u8>(valueStart);
    if (byte == OPEN_BRACE || byte == OPEN_BRACKET) {
      if (depth == depthMax) return stop(FAULT_TOO_DEEP, valueStart);
      const isObject = byte == OPEN_BRACE;
      if (node != NO_NODE) openField(line, node, valueStart, isObject ? KIND_OBJECT : KIND_ARRAY);
      depth++;
      store<u8>(isObjectAt + depth, isObject ? 1 : 0);
      store<i32>(nodeAt + (<usize>depth << 2), node);
      at = skipSpace(valueStart + 1);
      if (load<u8>(at) != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (isObject) {
          node = scanKey(at, node);
          if (fault != FAULT_NONE) return;
        } else {
          node = NO_NODE;
        }
        continue;
      }
    } else {
      scanScalar(valueStart, byte);
      if (fault != FAULT_NONE) return;
      if (node != NO_NODE) {
        openField(line, node, valueStart, scalarKind(byte));
        closeField(line, node, at);
      }
      if (depth == 0) return;
    }

    // after a value, or at the end of an empty container: close containers until a comma continues one
    for (;;) {
      at = skipSpace(at);
      const isObject = load<u8>(isObjectAt + depth) == 1;
      const next = load<u8>(at);
      if (next == COMMA) {
        at = skipSpace(at + 1);
        if (isObject) {
          node = scanKey(at, load<i32>(nodeAt + (<usize>depth << 2)));
          if (fault != FAULT_NONE) return;
        } else {
          node = NO_NODE;
        }
        break;
      }
      if (next != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return stop(FAULT_UNEXPECTED_BYTE, at);
      at++;
      const closed = load<i32>(nodeAt + (<usize>depth << 2));
      if (closed != NO_NODE) closeField(line, closed, at);
      depth--;
      if (depth == 0) return;
    }
  }
}

/** A key, its colon and the space after it. Returns the node to which the key leads from `parent`. */
function scanKey(start: usize, parent: i32): i32 {
  if (load<u8>(start) != QUOTE) {
    stop(FAULT_UNEXPECTED_BYTE, start);
    return NO_NODE;
  }
  scanString(start);
  if (fault != FAULT_NONE) return NO_NODE;
  const keyEnd = at;
  let node = NO_NODE;
  if (parent != NO_NODE) {
    const entry = nodes + <usize>parent * NODE_BYTES;
    const count = load<u32>(entry, 4);
    if (count != 0) {
      if (sawEscape) {
        // only the reference scanner reads escapes
        stop(FAULT_UNDECIDED, start);
        return NO_NODE;
      }
      node = match(load<u32>(entry), count, start + 1, keyEnd - start - 2);
    }
  }
  let colon = keyEnd;
  if (load<u8>(colon) != COLON) {
    colon = skipSpace(colon);
    if (load<u8>(colon) != COLON) {
      stop(FAULT_UNEXPECTED_BYTE, colon);
      return NO_NODE;
    }
  }
  if (node != NO_NODE) {
    const met = nodes + <usize>node * NODE_BYTES + 12;
    if (load<u32>(met) == lineStamp) {
      stop(isLastTaken ? FAULT_UNDECIDED : FAULT_FIELD_TWICE, start);
      return NO_NODE;
    }
    store<u32>(met, lineStamp);
  }
  at = skipSpace(colon + 1);
  return node;
}

/** The node to which the key text leads, among `count` keys. */
function match(firstKey: u32, count: u32, text: usize, length: usize): i32 {
  let entry = keys + <usize>firstKey * KEY_BYTES;
  for (let nth: u32 = 0; nth < count; nth++) {
    if (load<u32>(entry, 4) == <u32>length && isSame(load<u32>(entry), text, length)) return load<i32>(entry, 8);
    entry += KEY_BYTES;
  }
  return NO_NODE;
}

function isSame(one: usize, other: usize, length: usize): bool {
  for (let offset: usize = 0; offset < length; offset++) {
    if (load<u8>(one + offset) != load<u8>(other + offset)) return false;
  }
  return true;
}

@inline
function scanScalar(start: usize, first: u8): void {
  if (first == QUOTE) {
    scanString(start);
  } else if (first == MINUS || isDigit(first)) {
    scanNumber(start, first);
  } else {
    scanWord(start, first);
  }
}

function scanWord(start: usize, first: u8): void {
  if (first == 0x74) {
    expectWord(start, 0x65757274, 4);
  } else if (first == 0x66) {
    expectWord(start, 0x736c6166, 4);
    if (fault != FAULT_NONE) return;
    if (load<u8>(start + 4) != 0x65) stop(FAULT_UNEXPECTED_BYTE, start + 4);
    else at = start + 5;
  } else if (first == 0x6e) {
    expectWord(start, 0x6c6c756e, 4);
  } else {
    stop(FAULT_UNEXPECTED_BYTE, start);
  }
}

/** Compares four bytes at once; on a mismatch reports the first byte that differs. */
function expectWord(start: usize, word: u32, length: usize): void {
  const difference = load<u32>(start) ^ word;
  if (difference == 0) at = start + length;
  else stop(FAULT_UNEXPECTED_BYTE, start + (ctz(difference) >> 3));
}

function scanNumber(start: usize, first: u8): void {
  let place = first == MINUS ? start + 1 : start;
  sawFraction = false;
  let byte = load<u8>(place);
  if (byte == 0x30) place++;
  else if (isDigit(byte)) place = skipDigits(place + 1);
  else return stop(FAULT_BAD_NUMBER, place);
  byte = load<u8>(place);
  if (byte == 0x2e) {
    sawFraction = true;
    if (!isDigit(load<u8>(place + 1))) return stop(FAULT_BAD_NUMBER, place + 1);
    place = skipDigits(place + 2);
    byte = load<u8>(place);
  }
  if ((byte | 0x20) == 0x65) {
    sawFraction = true;
    place++;
    byte = load<u8>(place);
    if (byte == 0x2b || byte == MINUS) place++;
    if (!isDigit(load<u8>(place))) return stop(FAULT_BAD_NUMBER, place);
    place = skipDigits(place + 1);
  }
  at = place;
}

@inline
function skipDigits(start: usize): usize {
  let place = start;
  while (isDigit(load<u8>(place))) place++;
  return place;
}

@inline
function isDigit(byte: u8): bool {
  return <u8>(byte - 0x30) < 10;
}

/** A string, from its opening quote to past its closing one. */
function scanString(start: usize): void {
  sawEscape = false;
  let place = start + 1;
  for (;;) {
    const bytes = v128.load(place);
    // signed: control characters and all bytes from 0x80 on are below a blank
    const needsLook = v128.or(
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
    );
    const mask = i8x16.bitmask(needsLook);
    if (mask == 0) {
      place += 16;
      continue;
    }
    place += ctz(mask);
    const byte = load<u8>(place);
    if (byte == QUOTE) {
      at = place + 1;
      return;
    }
    if (byte >= 0x80) {
      // a run of them in one loop: text of other scripts has few other characters in between
      do {
        const length = utf8Length(place);
        if (length == 0) return stop(FAULT_BAD_UTF8, place);
        place += length;
      } while (load<u8>(place) >= 0x80);
    } else if (byte == BACKSLASH) {
      sawEscape = true;
      const escaped = load<u8>(place + 1);
      if (escaped == 0x75) {
        for (let nth: usize = 2; nth < 6; nth++) {
          if (!isHex(load<u8>(place + nth))) return stop(FAULT_BAD_ESCAPE, place + nth);
        }
        place += 6;
      } else if (isEscape(escaped)) {
        place += 2;
      } else {
        return stop(FAULT_BAD_ESCAPE, place + 1);
      }
    } else {
      return stop(FAULT_CONTROL_IN_STRING, place);
    }
  }
}

function isHex(byte: u8): bool {
  return isDigit(byte) || <u8>((byte | 0x20) - 0x61) < 6;
}

function isEscape(byte: u8): bool {
  return (
    byte == QUOTE || byte == BACKSLASH || byte == 0x2f || byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74
  );
}

/** Bytes of the well-formed UTF-8 sequence at `place` (Unicode 15, table 3-7), 0 if it is malformed. */
function utf8Length(place: usize): usize {
  const lead = load<u8>(place);
  const second = load<u8>(place + 1);
  if (lead >= 0xc2 && lead <= 0xdf) return isContinuation(second) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const low: u8 = lead == 0xe0 ? 0xa0 : 0x80;
    const high: u8 = lead == 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && isContinuation(load<u8>(place + 2)) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const low: u8 = lead == 0xf0 ? 0x90 : 0x80;
    const high: u8 = lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && isContinuation(load<u8>(place + 2)) && isContinuation(load<u8>(place + 3)) ? 4 : 0;
  }
  return 0;
}

@inline
function isContinuation(byte: u8): bool {
  return (byte & 0xc0) == 0x80;
}

@inline
function skipSpace(start: usize): usize {
  let place = start;
  let byte = load<u8>(place);
  while (byte == 0x20 || byte == 0x09 || byte == CARRIAGE_RETURN) byte = load<u8>(++place);
  return place;
}

function scalarKind(first: u8): u8 {
  if (first == QUOTE) return sawEscape ? KIND_ESCAPED_STRING : KIND_STRING;
  if (first == 0x74) return KIND_TRUE;
  if (first == 0x66) return KIND_FALSE;
  if (first == 0x6e) return KIND_NULL;
  return sawFraction ? KIND_DECIMAL : KIND_INTEGER;
}

function openField(line: u32, node: i32, start: usize, kind: u8): void {
  let slots = load<u32>(nodes + <usize>node * NODE_BYTES, 8);
  while (slots != 0) {
    const cell = line * slotCount + <u32>ctz(slots);
    store<u8>(fieldKinds + cell, kind);
    store<u32>(fieldStarts + (<usize>cell << 2), <u32>(start - base));
    slots &= slots - 1;
  }
}

function closeField(line: u32, node: i32, end: usize): void {
  let slots = load<u32>(nodes + <usize>node * NODE_BYTES, 8);
  while (slots != 0) {
    const cell = line * slotCount + <u32>ctz(slots);
    store<u32>(fieldEnds + (<usize>cell << 2), <u32>(end - base));
    slots &= slots - 1;
  }
}

function stop(what: u8, where: usize): void {
  fault = what;
  at = where;
}
