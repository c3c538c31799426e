/** Bytes with a meaning in lines of JSON, and the runs of them that are skipped. */

export const TAB: u8 = 0x09;
export const LINE_FEED: u8 = 0x0a;
export const CARRIAGE_RETURN: u8 = 0x0d;
export const BLANK: u8 = 0x20;
export const QUOTE: u8 = 0x22;
export const COMMA: u8 = 0x2c;
export const MINUS: u8 = 0x2d;
export const ZERO: u8 = 0x30;
export const COLON: u8 = 0x3a;
export const OPEN_BRACKET: u8 = 0x5b;
export const BACKSLASH: u8 = 0x5c;
export const CLOSE_BRACKET: u8 = 0x5d;
export const OPEN_BRACE: u8 = 0x7b;
export const CLOSE_BRACE: u8 = 0x7d;

@inline
export function isDigit(byte: u8): bool {
  return <u8>(byte - ZERO) < 10;
}

/** The first byte from `start` on that is no white space. A line feed is none: it ends a line. */
@inline
export function skipSpace(start: usize): usize {
  let place = start;
  let byte = load<u8>(place);
  while (byte == BLANK || byte == TAB || byte == CARRIAGE_RETURN) byte = load<u8>(++place);
  return place;
}

/** The next line feed, which must exist. */
export function findLineFeed(from: usize): usize {
  let place = from;
  for (;;) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(place), i8x16.splat(LINE_FEED)));
    if (mask != 0) return place + ctz(mask);
    place += 16;
  }
  return place;
}
