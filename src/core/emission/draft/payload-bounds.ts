/** Finds the payload in a line that has other fields around it, such as an envelope. */

import { byteAt, CARRIAGE_RETURN } from '../../model/text/bytes.ts';
import type { FieldPath } from '../../model/text/field-path.ts';

export interface Bounds {
  start: number;
  end: number;
}

const CLOSE_BRACE = 0x7d;

/** Finds payloads that are the last field of their line. */
export class PayloadFinder {
  /** What an output format writes before a payload: `,"payload":`. */
  readonly #key: Buffer;
  /** Braces after it. */
  readonly #depth: number;

  /** `path`: of the payload in a line. */
  constructor(path: FieldPath) {
    this.#key = Buffer.from(`,${JSON.stringify(String(path.at(-1) ?? ''))}:`);
    this.#depth = path.length;
  }

  /**
   * Widens the bounds of a payload value to the blanks around it if they belong to the payload. A payload may begin and
   * end with blanks, and this engine writes it last in the line, unchanged. If there are blanks around the key, a person
   * or another tool has formatted the line, and the blanks are not part of the payload.
   */
  widen(bytes: Buffer, lineEnd: number, value: Bounds): void {
    let start = value.start;
    while (isBlank(byteAt(bytes, start - 1))) start--;
    const keyStart = start - this.#key.length;
    if (keyStart < 0 || bytes.compare(this.#key, 0, this.#key.length, keyStart, start) !== 0) return;
    let end = value.end;
    while (isBlank(byteAt(bytes, end))) end++;
    if (end !== lineEnd - this.#depth) return;
    for (let at = end; at < lineEnd; at++) if (byteAt(bytes, at) !== CLOSE_BRACE) return;
    value.start = start;
    value.end = end;
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN;
}
