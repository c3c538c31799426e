/** Whole numbers as decimal digits. */

const EIGHT_DIGITS: u64 = 100000000;
/** `00000000` */
const ZEROS: u64 = 0x3030303030303030;
/** Above the seventh byte: a number has one digit at least. */
const LAST_DIGIT: u64 = 0x0100000000000000;

/** The digits of a number below 10^8, with zeros before them: all eight at once, the first one in the lowest byte. */
@inline
export function eightDigits(value: u32): u64 {
  return digitValues(value) | ZEROS;
}

/** Splits halves of four digits, then of two, then of one; a quotient is a product and a shift, exact for so small numbers. */
@inline
function digitValues(value: u32): u64 {
  const high = value / 10000;
  let rest = <u64>high | ((<u64>(value - high * 10000)) << 32);
  let quotients = ((rest * 10486) >> 20) & 0x0000007f0000007f;
  rest = quotients | ((rest - quotients * 100) << 16);
  quotients = ((rest * 103) >> 10) & 0x000f000f000f000f;
  return quotients | ((rest - quotients * 10) << 8);
}

/** Up to 16 digits, as a time delta, a sequence and an offset have. Returns the end; up to seven bytes more are overwritten. */
export function writeInteger(at: usize, value: u64): usize {
  if (value < 10) {
    store<u8>(at, <u8>(0x30 + value));
    return at + 1;
  }
  if (value < EIGHT_DIGITS) return writeShort(at, <u32>value);
  const high = value / EIGHT_DIGITS;
  const place = writeShort(at, <u32>high);
  store<u64>(place, eightDigits(<u32>(value - high * EIGHT_DIGITS)));
  return place + 8;
}

@inline
function writeShort(at: usize, value: u32): usize {
  const values = digitValues(value);
  const zeros = ctz(values | LAST_DIGIT) & 56;
  store<u64>(at, (values | ZEROS) >> zeros);
  return at + 8 - <usize>(zeros >> 3);
}

/** Numbers in turn, as the digits and a comma behind them: `0,`, and how many fit into eight bytes. */
export const FIRST_COUNTED: u64 = 0x2c30;
export const COUNTED_MAX: u32 = 10000000;

/** The text of a number below {@link COUNTED_MAX}. */
export function countedText(value: u32): u64 {
  const values = digitValues(value);
  const zeros = <u64>ctz(values | LAST_DIGIT) & 56;
  return ((values | ZEROS) >> zeros) | (<u64>0x2c00 << (56 - zeros));
}

/** The place of the last digit in that text, in bits. */
@inline
export function countedLastBit(text: u64): u64 {
  // behind it the comma, and nothing
  return 48 - (clz(text) & 56);
}

/** The numbers with as many digits as the one given last: the least of them, how many there are, and their digits. */
export let leastOfDigits: u32 = 0;
export let spanOfDigits: u32 = 0;
export let digitCount: u64 = 0;

/** `value`: below 10^8. */
export function setDigits(value: u32): void {
  let limit: u32 = 10;
  leastOfDigits = 0;
  for (digitCount = 1; value >= limit; digitCount++) {
    leastOfDigits = limit;
    limit *= 10;
  }
  spanOfDigits = limit - leastOfDigits;
}

/** Of each byte the value of its digit; another byte than a digit has bits in its upper half, or would by six more. */
const SIX: u64 = 0x0606060606060606;
const UPPER: u64 = 0xf0f0f0f0f0f0f0f0;

/** The value of `length` bytes, from nine to sixteen, if they are digits; otherwise -1. */
export function sixteenDigits(start: usize, length: usize): i64 {
  const low = load<u64>(start + length - 8) ^ ZEROS;
  // those of the first eight that are not among the last eight, behind zeros
  const high = (load<u64>(start) ^ ZEROS) << (<u64>(16 - length) << 3);
  if ((((low + SIX) | low | (high + SIX) | high) & UPPER) != 0) return -1;
  return <i64>(eightValues(high) * EIGHT_DIGITS + eightValues(low));
}

/** Joins eight values of a digit, the first in the lowest byte: pairs, pairs of pairs, and both halves. */
@inline
function eightValues(values: u64): u64 {
  const pairs = (values * 2561) >> 8;
  const fours = ((pairs & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((fours & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

/** As many digits, with zeros before them. */
@inline
export function writePadded(at: usize, value: u32, digits: usize): void {
  let rest = value;
  for (let place = at + digits; place > at; ) {
    place--;
    const next = rest / 10;
    store<u8>(place, <u8>(0x30 + (rest - next * 10)));
    rest = next;
  }
}
