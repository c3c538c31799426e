/** Bytes that the scanners compare with, and typed reads from byte arrays on hot paths. No I/O. */

export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const ZERO = 0x30;

/**
 * `bytes[at]` for an `at` known to be in bounds: avoids the `undefined` of `noUncheckedIndexedAccess` at no run-time
 * cost.
 */
export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

/** Whether a byte is an ASCII digit. */
export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

/** As {@link byteAt}, for tables of numbers. */
export function numberAt(
  table: Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array,
  at: number,
): number {
  return table[at] as number;
}

/** A Buffer over the same memory, for Buffer's faster copies and searches. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
