/**
 * Well-formed UTF-8, sequence by sequence: overlong forms, surrogates and values beyond U+10FFFF are malformed (Unicode
 * 15, table 3-7). Pure.
 */

import { byteAt } from '../model/text/bytes.ts';

/** Bytes of the multi-byte sequence that begins at `at` with `lead`; 0 if it is malformed. */
export function utf8Length(bytes: Uint8Array, at: number, lead: number): number {
  const second = byteAt(bytes, at + 1);
  if (lead >= 0xc2 && lead <= 0xdf) return isContinuation(second) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const low = lead === 0xe0 ? 0xa0 : 0x80;
    const high = lead === 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && isContinuation(byteAt(bytes, at + 2)) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const low = lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xf4 ? 0x8f : 0xbf;
    const isWhole =
      second >= low && second <= high && isContinuation(byteAt(bytes, at + 2)) && isContinuation(byteAt(bytes, at + 3));
    return isWhole ? 4 : 0;
  }
  return 0;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
