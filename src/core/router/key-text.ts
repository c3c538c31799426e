/** The one text of a key, whatever JSON spelling it came in. Pure and stable for ever: partitions depend on it. */

import { byteAt } from '../model/bytes.ts';
import { FieldKind, type RoutableLine } from '../model/scanned-field.ts';

/** Most digits before or behind the point in a plain spelling; beyond it the exponent is kept, so that 1e999999999 stays short. */
const PLAIN_DIGITS_MAX = 64;
/** Longer exponents are no keys: reading them costs the square of their length. */
const EXPONENT_DIGITS_MAX = 1000;

/**
 * The key in field `nth` as text: a string's characters, `true`, `false`, or a number in its one decimal spelling (1, 1.0 and 1e0 are one key).
 * Null where the field is absent, null, an object, an array, or a number beyond all measure.
 */
export function keyText(line: RoutableLine, nth: number): string | null {
  const bytes = line.bytes as Buffer;
  const start = line.start(nth);
  const end = line.end(nth);
  switch (line.kind(nth)) {
    case FieldKind.STRING:
      return bytes.toString('utf8', start + 1, end - 1);
    case FieldKind.ESCAPED_STRING:
      return JSON.parse(bytes.toString('utf8', start, end)) as string;
    case FieldKind.INTEGER:
    case FieldKind.DECIMAL:
      return decimalText(bytes.toString('latin1', start, end));
    case FieldKind.TRUE:
      return 'true';
    case FieldKind.FALSE:
      return 'false';
    default:
      return null;
  }
}

/** Whether the value's bytes are the key's text, quotes apart: then no text need be made. */
export function isPlainKey(line: RoutableLine, nth: number): boolean {
  const kind = line.kind(nth);
  if (kind === FieldKind.STRING) return true;
  const length = line.end(nth) - line.start(nth);
  return kind === FieldKind.INTEGER && length <= PLAIN_DIGITS_MAX && !isMinusZero(line.bytes, line.start(nth), line.end(nth));
}

function isMinusZero(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 2 && byteAt(bytes, start) === 0x2d && byteAt(bytes, start + 1) === 0x30;
}

/** A JSON number in its one spelling: no exponent where it stays short, no needless zeros. Null where its exponent is too long to be read. */
export function decimalText(number: string): string | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number);
  if (match === null) return number;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const all = whole + fraction;
  const first = firstNonZero(all);
  if (first === all.length) return '0';
  if (exponent.length > EXPONENT_DIGITS_MAX) return null;
  const digits = all.slice(first, lastNonZero(all) + 1);
  // the value is 0.DIGITS times ten to the power of `point`; as a BigInt, because an exponent may have any length
  const point = BigInt(whole.length - first) + BigInt(exponent);
  const count = BigInt(digits.length);
  if (point > BigInt(PLAIN_DIGITS_MAX) || point < BigInt(-PLAIN_DIGITS_MAX)) return `${sign}0.${digits}e${point}`;
  if (point <= 0n) return `${sign}0.${'0'.repeat(Number(-point))}${digits}`;
  if (point >= count) return `${sign}${digits}${'0'.repeat(Number(point - count))}`;
  return `${sign}${digits.slice(0, Number(point))}.${digits.slice(Number(point))}`;
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
