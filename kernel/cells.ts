/**
 * Values as the formats write them: as they are, in quotes where CSV needs them, with the escapes of TSV, or as JSON.
 * The references are `formats/csv.ts`, `formats/tsv.ts`, `formats/json-cells.ts` and the style of `formats/template.ts`.
 */

import { copy } from './copy';

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const SOLIDUS: u8 = 0x2f;
const BACKSLASH: u8 = 0x5c;
const TAB: u8 = 0x09;
const LINE_FEED: u8 = 0x0a;
const CARRIAGE_RETURN: u8 = 0x0d;

/** Styles, numbered as in `formats/cell.ts`. */
const STYLE_CSV: u32 = 1;
const STYLE_TSV: u32 = 2;
const STYLE_JSON: u32 = 3;

/** `null` */
const NULL: u32 = 0x6c6c756e;

/** Results in place of an end address: the host must write this row, or the room before the limit does not hold it. */
export const LEFT: usize = 0;
export const FULL: usize = 1;

let style: u32 = 0;
/** The room ends here; GAP bytes more may be overwritten. */
let limit: usize = 0;

export function setStyle(number: u32): void {
  style = number;
}

export function setLimit(at: usize): void {
  limit = at;
}

/** Whether values are JSON: texts in quotes, and `null` for nothing. */
@inline
export function isJson(): bool {
  return style == STYLE_JSON;
}

/** Whether this number of bytes fits. */
@inline
export function fits(at: usize, bytes: usize): bool {
  return bytes <= limit - at;
}

/** Whether it fits in quotes with each byte twice. A length that would overflow when doubled is excluded first. */
@inline
function fitsTwice(at: usize, length: usize): bool {
  return fits(at, length) && fits(at, 2 * length + 2);
}

/** `[from, to)` as it is. Returns the end, as the functions below do, or FULL. */
@inline
export function putBytes(at: usize, from: usize, to: usize): usize {
  const length = to - from;
  if (!fits(at, length)) return FULL;
  copy(at, from, length);
  return at + length;
}

/** What stands for a field or key that an event does not have. */
@inline
export function putNothing(at: usize): usize {
  if (!isJson()) return at;
  if (!fits(at, 4)) return FULL;
  store<u32>(at, NULL);
  return at + 4;
}

/** A text without escapes: a string, or the spelling of a key. */
export function putString(at: usize, from: usize, to: usize): usize {
  if (!isJson() && (style != STYLE_CSV || (from < to && !hasComma(from, to)))) return putBytes(at, from, to);
  if (!fits(at, to - from + 2)) return FULL;
  store<u8>(at, QUOTE);
  copy(at + 1, from, to - from);
  const end = at + 1 + (to - from);
  store<u8>(end, QUOTE);
  return end + 1;
}

function hasComma(from: usize, to: usize): bool {
  const commas = i8x16.splat(<i8>COMMA);
  for (let at = from; at < to; at += 16) {
    const hits = i8x16.bitmask(i8x16.eq(v128.load(at), commas));
    if (hits != 0) return at + ctz(hits) < to;
  }
  return false;
}

/** JSON on one line. */
export function putJson(at: usize, from: usize, to: usize): usize {
  if (style == STYLE_CSV) return putQuotedJson(at, from, to);
  return style == STYLE_TSV ? putEscapedJson(at, from, to) : putBytes(at, from, to);
}

function putQuotedJson(at: usize, from: usize, to: usize): usize {
  if (!fitsTwice(at, to - from)) return FULL;
  const quotes = i8x16.splat(<i8>QUOTE);
  store<u8>(at, QUOTE);
  let place = at + 1;
  let next = from;
  while (next < to) {
    const bytes = v128.load(next);
    const hits = i8x16.bitmask(i8x16.eq(bytes, quotes));
    v128.store(place, bytes);
    const length = hits == 0 ? <usize>16 : <usize>ctz(hits);
    if (next + length >= to) {
      place += to - next;
      break;
    }
    place += length;
    next += length;
    if (hits == 0) continue;
    store<u16>(place, 0x2222);
    place += 2;
    next++;
  }
  store<u8>(place, QUOTE);
  return place + 1;
}

function putEscapedJson(at: usize, from: usize, to: usize): usize {
  if (!fitsTwice(at, to - from)) return FULL;
  let place = at;
  let next = from;
  while (next < to) {
    const bytes = v128.load(next);
    const special = v128.or(
      i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH)),
      v128.or(i8x16.eq(bytes, i8x16.splat(<i8>TAB)), i8x16.eq(bytes, i8x16.splat(<i8>CARRIAGE_RETURN))),
    );
    const hits = i8x16.bitmask(special);
    v128.store(place, bytes);
    const length = hits == 0 ? <usize>16 : <usize>ctz(hits);
    if (next + length >= to) return place + (to - next);
    place += length;
    next += length;
    if (hits == 0) continue;
    place = putTsvByte(place, load<u8>(next));
    next++;
  }
  return place;
}

/** A string with escapes. LEFT if one is of a code unit, as \u000a. */
export function putEscapedString(at: usize, from: usize, to: usize): usize {
  // each escape becomes two bytes at most, each other byte a quote that CSV doubles or itself
  if (!fits(at, to - from + 2)) return FULL;
  if (isJson()) return putJsonString(at, from, to);
  const isCsv = style == STYLE_CSV;
  const start = isCsv ? at + 1 : at;
  let place = start;
  let needsQuotes = false;
  for (let next = from; next < to; next++) {
    let byte = load<u8>(next);
    if (byte == BACKSLASH) {
      byte = load<u8>(++next);
      if (byte == 0x75) return LEFT;
      byte = escaped(byte);
    }
    if (isCsv) {
      if (byte == QUOTE) {
        store<u8>(place, QUOTE);
        place++;
      }
      needsQuotes = needsQuotes || byte == QUOTE || byte == COMMA || byte == CARRIAGE_RETURN || byte == LINE_FEED;
      store<u8>(place, byte);
      place++;
    } else if (style == STYLE_TSV) {
      place = putTsvByte(place, byte);
    } else {
      store<u8>(place, byte);
      place++;
    }
  }
  if (!isCsv) return place;
  if (!needsQuotes) {
    memory.copy(at, start, place - start);
    return place - 1;
  }
  store<u8>(at, QUOTE);
  store<u8>(place, QUOTE);
  return place + 1;
}

/** Escapes as `JSON.stringify` spells them, which escapes no solidus. */
function putJsonString(at: usize, from: usize, to: usize): usize {
  store<u8>(at, QUOTE);
  let place = at + 1;
  for (let next = from; next < to; next++) {
    let byte = load<u8>(next);
    if (byte == BACKSLASH) {
      byte = load<u8>(++next);
      if (byte == 0x75) return LEFT;
      if (byte != SOLIDUS) {
        store<u8>(place, BACKSLASH);
        place++;
      }
    }
    store<u8>(place, byte);
    place++;
  }
  store<u8>(place, QUOTE);
  return place + 1;
}

/** The character of an escape other than of a code unit. */
@inline
function escaped(letter: u8): u8 {
  if (letter == 0x6e) return LINE_FEED;
  if (letter == 0x74) return TAB;
  if (letter == 0x72) return CARRIAGE_RETURN;
  if (letter == 0x62) return 0x08;
  return letter == 0x66 ? 0x0c : letter;
}

@inline
function putTsvByte(at: usize, byte: u8): usize {
  let letter: u8 = 0;
  if (byte == BACKSLASH) letter = BACKSLASH;
  else if (byte == TAB) letter = 0x74;
  else if (byte == CARRIAGE_RETURN) letter = 0x72;
  else if (byte == LINE_FEED) letter = 0x6e;
  if (letter == 0) {
    store<u8>(at, byte);
    return at + 1;
  }
  store<u8>(at, BACKSLASH);
  store<u8>(at + 1, letter);
  return at + 2;
}
