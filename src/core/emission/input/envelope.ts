/** Finds the payload in an envelope `{"sequence":..,"time":..,"payload":PAYLOAD}`. */

import { byteAt, CARRIAGE_RETURN } from '../../model/text/bytes.ts';

export interface Bounds {
  start: number;
  end: number;
}

const KEY = Buffer.from(',"payload":');
const CLOSE_BRACE = 0x7d;

/**
 * Widens the bounds of an envelope's payload value to the blanks around it if they belong to the payload. A payload may begin and end with
 * blanks, and this engine writes it last in the envelope, unchanged. If there are blanks around the key, a person or another tool has
 * formatted the envelope, and the blanks are not part of the payload.
 */
export function widenToPayload(bytes: Buffer, lineEnd: number, value: Bounds): void {
  let start = value.start;
  while (isBlank(byteAt(bytes, start - 1))) start--;
  const keyStart = start - KEY.length;
  if (keyStart < 0 || bytes.compare(KEY, 0, KEY.length, keyStart, start) !== 0) return;
  let end = value.end;
  while (isBlank(byteAt(bytes, end))) end++;
  if (end !== lineEnd - 1 || byteAt(bytes, end) !== CLOSE_BRACE) return;
  value.start = start;
  value.end = end;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN;
}
