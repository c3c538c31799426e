/** JSON numbers, exact at any size: their canonical spelling, and their order. Uses no doubles. No I/O. */

/**
 * Most digits before or after the point in a plain spelling; beyond it the exponent is kept, so that 1e999999999 stays
 * short.
 */
export const PLAIN_DIGITS_MAX = 64;
/** Longer exponents are rejected: reading them costs the square of their length. */
const EXPONENT_DIGITS_MAX = 1000;

/** The value is 0.DIGITS times ten to the power of `point`. */
export interface Decimal {
  /** 0 if the number is zero; then there are no digits. */
  readonly sign: -1 | 0 | 1;
  /** Neither the first nor the last one is a zero. */
  readonly digits: string;
  /** A BigInt, because an exponent may have any length. */
  readonly point: bigint;
}

const ZERO: Decimal = { sign: 0, digits: '', point: 0n };

/** Reads a number of JSON's grammar. Null if it is none, or if its exponent is too long. */
export function readDecimal(number: string): Decimal | null {
  const match = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const all = whole + fraction;
  const first = firstNonZero(all);
  if (first === all.length) return ZERO;
  if (exponent.length > EXPONENT_DIGITS_MAX) return null;
  return {
    sign: sign === '' ? 1 : -1,
    digits: all.slice(first, lastNonZero(all) + 1),
    point: BigInt(whole.length - first) + BigInt(exponent),
  };
}

/** The canonical spelling of a number: no needless zeros, no exponent if it stays short without. */
export function formatDecimal({ sign: signum, digits, point }: Decimal): string {
  if (signum === 0) return '0';
  const sign = signum < 0 ? '-' : '';
  const count = BigInt(digits.length);
  if (point > BigInt(PLAIN_DIGITS_MAX) || point < BigInt(-PLAIN_DIGITS_MAX)) return `${sign}0.${digits}e${point}`;
  if (point <= 0n) return `${sign}0.${'0'.repeat(Number(-point))}${digits}`;
  if (point >= count) return `${sign}${digits}${'0'.repeat(Number(point - count))}`;
  return `${sign}${digits.slice(0, Number(point))}.${digits.slice(Number(point))}`;
}

/** Negative if `one` is smaller, 0 if equal, positive if greater. */
export function compareDecimals(one: Decimal, other: Decimal): number {
  if (one.sign !== other.sign) return one.sign - other.sign;
  if (one.point === other.point && one.digits === other.digits) return 0;
  return isLarger(one, other) === one.sign > 0 ? 1 : -1;
}

/** Whether it is farther from zero. */
function isLarger(one: Decimal, other: Decimal): boolean {
  if (one.point !== other.point) return one.point > other.point;
  // digits are ASCII, so the order of texts is the order of fractions
  return one.digits > other.digits;
}

// loops, because a regular expression for trailing zeros rescans each run of zeros
function firstNonZero(digits: string): number {
  let at = 0;
  while (at < digits.length && digits.charCodeAt(at) === 0x30) at++;
  return at;
}

function lastNonZero(digits: string): number {
  let at = digits.length - 1;
  while (at >= 0 && digits.charCodeAt(at) === 0x30) at--;
  return at;
}
