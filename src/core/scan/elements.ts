/** Finds the elements of an array in the bytes of a valid payload. Pure. */

import { byteAt, COMMA, QUOTE } from '../model/text/bytes.ts';

const BACKSLASH = 0x5c;
const CASE_BIT = 0x20;
/** `[` and `{` without the bit in which they differ; and their counterparts. */
const OPEN = 0x5b;
const CLOSE = 0x5d;

/**
 * Bounds of each element of the array in `bytes[start, end)`, brackets included: half-open, with the blanks around it.
 * Reads no element's content.
 */
export function* elementsOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): Generator<{ readonly start: number; readonly end: number }, void, undefined> {
  let depth = 0;
  let first = start + 1;
  let isEmpty = true;
  for (let at = start + 1; at < end - 1; at++) {
    const byte = byteAt(bytes, at);
    if (byte > 0x20) isEmpty = false;
    if (byte === QUOTE) {
      for (at++; byteAt(bytes, at) !== QUOTE; at++) if (byteAt(bytes, at) === BACKSLASH) at++;
    } else if ((byte & ~CASE_BIT) === OPEN) {
      depth++;
    } else if ((byte & ~CASE_BIT) === CLOSE) {
      depth--;
    } else if (byte === COMMA && depth === 0) {
      yield { start: first, end: at };
      first = at + 1;
    }
  }
  if (!isEmpty) yield { start: first, end: end - 1 };
}
