/** Numbers as JSON writes them, exact whatever their size: their one spelling, and their order. Doubles are nowhere. No I/O. */

/** Most digits before or behind the point in a plain spelling; beyond it the exponent is kept, so that 1e999999999 stays short. */
export const PLAIN_DIGITS_MAX = 64;
/** Longer exponents are no numbers of ours: reading them costs the square of their length. */
const EXPONENT_DIGITS_MAX = 1000;

/** The value is 0.DIGITS times ten to the power of `point`. */
export interface Decimal {
  /** 0 where the number is zero; then there are no digits. */
  readonly sign: -1 | 0 | 1;
  /** Neither the first nor the last one is a zero. */
  readonly digits: string;
  /** A BigInt, because an exponent may have any length. */
  readonly point: bigint;
}

const ZERO: Decimal = { sign: 0, digits: '', point: 0n };

/** Reads a number of JSON's grammar. Null where it is none, or where its exponent is too long to be read. */
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

/** The one spelling of a number: no needless zeros, no exponent where it stays short. */
export function formatDecimal({ sign: signum, digits, point }: Decimal): string {
  if (signum === 0) return '0';
  const sign = signum < 0 ? '-' : '';
  const count = BigInt(digits.length);
  if (point > BigInt(PLAIN_DIGITS_MAX) || point < BigInt(-PLAIN_DIGITS_MAX)) return `${sign}0.${digits}e${point}`;
  if (point <= 0n) return `${sign}0.${'0'.repeat(Number(-point))}${digits}`;
  if (point >= count) return `${sign}${digits}${'0'.repeat(Number(point - count))}`;
  return `${sign}${digits.slice(0, Number(point))}.${digits.slice(Number(point))}`;
}

/** Negative where `one` is the smaller, 0 where they are equal, positive where it is the greater. */
export function compareDecimals(one: Decimal, other: Decimal): number {
  if (one.sign !== other.sign) return one.sign - other.sign;
  if (one.point === other.point && one.digits === other.digits) return 0;
  return isLarger(one, other) === one.sign > 0 ? 1 : -1;
}

/** Whether it lies further from zero. */
function isLarger(one: Decimal, other: Decimal): boolean {
  if (one.point !== other.point) return one.point > other.point;
  // digits are ASCII, so that the order of texts is the order of fractions
  return one.digits > other.digits;
}

// loops, because a regular expression for zeros at the end looks at each run of zeros again and again
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
