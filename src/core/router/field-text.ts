/** The text of a line's nth field, as every router reads it. */

import { asBuffer } from '../model/text/bytes.ts';
import { isPlainScalar, scalarText } from '../model/text/scalar-text.ts';
import { FieldKind, type RoutableLine } from '../scan/scanned-field.ts';

/** Null if the field has no key. */
export function fieldText(line: RoutableLine, nth: number): string | null {
  return scalarText(asBuffer(line.bytes), line.kind(nth), line.start(nth), line.end(nth));
}

/** Whether the field's bytes, without a string's quotes, are its text. */
export function isPlainField(line: RoutableLine, nth: number): boolean {
  return isPlainScalar(line.bytes, line.kind(nth), line.start(nth), line.end(nth));
}

/** Bounds of a plain field's text, half-open. */
export function plainFieldStart(line: RoutableLine, nth: number): number {
  return line.start(nth) + quoteBytes(line, nth);
}

export function plainFieldEnd(line: RoutableLine, nth: number): number {
  return line.end(nth) - quoteBytes(line, nth);
}

function quoteBytes(line: RoutableLine, nth: number): number {
  return line.kind(nth) === FieldKind.STRING ? 1 : 0;
}
