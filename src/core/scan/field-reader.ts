/** Reads fields of a stored payload, with the scanner that read it at emission. */

import { LINE_FEED } from '../model/text/bytes.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import { scalarText } from '../model/text/scalar-text.ts';
import { uniqueIdOf } from '../model/text/unique-id.ts';
import { planScan, type ScanPlan } from './scan-plan.ts';
import type { FieldKind, RoutableLine } from './scanned-field.ts';
import { ScannedLines } from './scanned-lines.ts';
import { Scanner } from './scanner.ts';

export class FieldReader {
  readonly #scanner: Scanner;
  readonly #lines: ScannedLines;
  #memory = Buffer.alloc(4096);

  /** `repeats`: if a field occurs twice, reading fails at the second one, or the last one counts. */
  constructor(paths: readonly FieldPath[], depthMax: number, repeats: ScanPlan['repeats'] = 'refuse') {
    this.#scanner = new Scanner(planScan(paths, { depthMax, lineBytesMax: Number.MAX_SAFE_INTEGER, repeats }));
    this.#lines = new ScannedLines(paths.length);
  }

  /** The payload as a router sees it; valid until the next call. */
  read(payload: Buffer): RoutableLine {
    if (payload.length >= this.#memory.length) this.#memory = Buffer.alloc(payload.length * 2);
    payload.copy(this.#memory);
    this.#memory[payload.length] = LINE_FEED;
    this.#scanner.scan(this.#memory, 0, payload.length + 1, this.#lines);
    const lines = this.#lines;
    return {
      bytes: this.#memory,
      payloadStart: 0,
      payloadEnd: payload.length,
      kind: (nth): FieldKind => lines.kind(0, nth),
      start: (nth) => lines.fieldStart(0, nth),
      end: (nth) => lines.fieldEnd(0, nth),
    };
  }

  /** The unique id of which the fields are the parts; null if one of them is no scalar. */
  uniqueId(payload: Buffer): string | null {
    const line = this.read(payload);
    const texts: string[] = [];
    for (let nth = 0; nth < this.#lines.slotCount; nth++) {
      const text = scalarText(this.#memory, line.kind(nth), line.start(nth), line.end(nth));
      if (text === null) return null;
      texts.push(text);
    }
    return uniqueIdOf(texts);
  }

  /** The first field's text, if it is a scalar. */
  text(payload: Buffer): string | null {
    const line = this.read(payload);
    return scalarText(this.#memory, line.kind(0), line.start(0), line.end(0));
  }
}
