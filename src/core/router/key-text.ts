/** The one text of a key, whatever JSON spelling it came in. Pure and stable for ever: partitions depend on it. */

import { byteAt } from '../model/bytes.ts';
import { FieldKind, type RoutableLine } from '../model/scanned-field.ts';

/** Longest plain spelling of a number; beyond it the exponent is kept, so that 1e999999999 stays short. */
const PLAIN_DIGITS_MAX = 64;

/**
 * The key in field `nth` as text: a string's characters, `true`, `false`, or a number in its one decimal spelling (1, 1.0 and 1e0 are one key).
 * Null where the field is absent, null, an object or an array.
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
      return isMinusZero(bytes, start, end) ? '0' : bytes.toString('latin1', start, end);
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
  return kind === FieldKind.INTEGER && !isMinusZero(line.bytes, line.start(nth), line.end(nth));
}

function isMinusZero(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 2 && byteAt(bytes, start) === 0x2d && byteAt(bytes, start + 1) === 0x30;
}

/** A JSON number with a fraction or an exponent in its one spelling: no exponent where it stays short, no needless zeros. */
export function decimalText(number: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number);
  if (match === null) return number;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '').replace(/0+$/, '');
  if (digits === '') return '0';
  const leading = (whole + fraction).length - (whole + fraction).replace(/^0+/, '').length;
  // the value is 0.DIGITS times ten to the power of `point`; as a BigInt, because an exponent may have any length
  const point = BigInt(whole.length - leading) + BigInt(exponent);
  const count = BigInt(digits.length);
  if (point > BigInt(PLAIN_DIGITS_MAX) || point < BigInt(-PLAIN_DIGITS_MAX)) return `${sign}0.${digits}e${point}`;
  if (point <= 0n) return `${sign}0.${'0'.repeat(Number(-point))}${digits}`;
  if (point >= count) return `${sign}${digits}${'0'.repeat(Number(point - count))}`;
  return `${sign}${digits.slice(0, Number(point))}.${digits.slice(Number(point))}`;
}
