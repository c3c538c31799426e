/**
 * The canonical text of a scalar value, whatever its JSON spelling: keys are routed by it and ids compared by it. Pure,
 * and stable across versions: the partitions of stored events depend on it.
 */

import { FieldKind } from '../../scan/scanned-field.ts';
import { byteAt, ZERO } from './bytes.ts';
import { formatDecimal, PLAIN_DIGITS_MAX, readDecimal } from './decimal.ts';

/**
 * The text of the value in `bytes[start, end)`: a string's characters, `true`, `false`, or a number in canonical
 * spelling (1, 1.0 and 1e0 are one). Null if it is absent, null, an object, an array, or a number with too long an
 * exponent.
 */
export function scalarText(bytes: Buffer, kind: FieldKind, start: number, end: number): string | null {
  switch (kind) {
    case FieldKind.STRING:
      return bytes.toString('utf8', start + 1, end - 1);
    case FieldKind.ESCAPED_STRING:
      return JSON.parse(bytes.toString('utf8', start, end)) as string;
    case FieldKind.INTEGER:
    case FieldKind.DECIMAL: {
      const written = bytes.toString('latin1', start, end);
      return isPlainScalar(bytes, kind, start, end) ? written : decimalText(written);
    }
    case FieldKind.TRUE:
      return 'true';
    case FieldKind.FALSE:
      return 'false';
    default:
      return null;
  }
}

/** A JSON number in canonical spelling. Null if its exponent is too long. */
export function decimalText(number: string): string | null {
  const decimal = readDecimal(number);
  return decimal === null ? null : formatDecimal(decimal);
}

/** Whether the value's bytes, without a string's quotes, already are its text, so that none need be built. */
export function isPlainScalar(bytes: Uint8Array, kind: FieldKind, start: number, end: number): boolean {
  switch (kind) {
    case FieldKind.STRING:
    case FieldKind.TRUE:
    case FieldKind.FALSE:
      return true;
    case FieldKind.INTEGER:
      return end - start <= PLAIN_DIGITS_MAX && !isMinusZero(bytes, start, end);
    case FieldKind.DECIMAL:
      return end - start <= PLAIN_DIGITS_MAX && byteAt(bytes, end - 1) !== ZERO && !hasExponent(bytes, start, end);
    default:
      return false;
  }
}

function isMinusZero(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 2 && byteAt(bytes, start) === 0x2d && byteAt(bytes, start + 1) === ZERO;
}

function hasExponent(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((byteAt(bytes, at) | 0x20) === 0x65) return true;
  return false;
}
