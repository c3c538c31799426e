/** Well-formed UTF-8 (Unicode 15, table 3-7) in strings. */

import { BACKSLASH, BLANK, QUOTE } from './bytes';
import { STOPPED } from './fault';

/**
 * Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte": a bit for each way in which two bytes
 * can be wrong, by the upper and the lower half of the first and the upper half of the second. It is wrong if all three
 * have the bit. The highest bit says that both continue: an error unless a lead two or three bytes before demands it.
 */
const FIRST_HIGH: v128 = i64x2(0x0202020202020202, 0x4915012180808080);
const FIRST_LOW: v128 = i64x2(<i64>0xcbcbcb8b8383a3e7, <i64>0xcbcbdbcbcbcbcbcb);
const SECOND_HIGH: v128 = i64x2(0x0101010101010101, 0x01010101babaaee6);

/** Nonzero where a pair of bytes that ends there is wrong. Reads three bytes before `place`. */
@inline
function errorsAt(place: usize, bytes: v128): v128 {
  const half = i8x16.splat(0x0f);
  const before = v128.load(place - 1);
  const pairs = v128.and(
    v128.and(
      i8x16.swizzle(FIRST_HIGH, v128.and(i16x8.shr_u(before, 4), half)),
      i8x16.swizzle(FIRST_LOW, v128.and(before, half)),
    ),
    i8x16.swizzle(SECOND_HIGH, v128.and(i16x8.shr_u(bytes, 4), half)),
  );
  // the highest bit is set from a lead of three bytes on, and of four
  const third = i8x16.sub_sat_u(v128.load(place - 2), i8x16.splat(<i8>(0xe0 - 0x80)));
  const fourth = i8x16.sub_sat_u(v128.load(place - 3), i8x16.splat(<i8>(0xf0 - 0x80)));
  return v128.xor(v128.and(v128.or(third, fourth), i8x16.splat(<i8>0x80)), pairs);
}

/**
 * Skips text of a string from its first byte that is not ASCII. Returns the address of a byte that ends it or needs a
 * look, or behind sixteen bytes of ASCII, and STOPPED for any error. It may be a false one, of bytes before the string.
 */
export function skipText(from: usize): usize {
  let place = from;
  for (;;) {
    const bytes = v128.load(place);
    const needsLook = i8x16.bitmask(
      v128.or(
        i8x16.lt_u(bytes, i8x16.splat(BLANK)),
        v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
      ),
    );
    const errors = i8x16.bitmask(i8x16.ne(errorsAt(place, bytes), i8x16.splat(0)));
    if (needsLook != 0) {
      // what is behind that byte is not text; at it, a sequence is found to be cut off
      const length = ctz(needsLook);
      return (errors & ((2 << length) - 1)) == 0 ? place + length : STOPPED;
    }
    if (errors != 0) return STOPPED;
    place += 16;
    if (i8x16.bitmask(bytes) == 0) return place;
  }
  return STOPPED;
}

/** Bytes of the sequence at `place`, 0 if it is malformed. */
export function utf8Length(place: usize): usize {
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
