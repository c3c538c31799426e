/** The value of a column, handed over as text or as bytes, whichever is at hand. */

import type { TimeText } from '../model/time/zoned-time-text.ts';
import { FieldKind } from '../scan/scanned-field.ts';
import { type Column, factText } from './columns.ts';
import type { EventRow } from './event-row.ts';
import type { PieceWriter } from './pieces.ts';

/** Styles that the kernel has. */
export const CellStyleNumber = { RAW: 0, CSV: 1, TSV: 2, JSON: 3 } as const;
export type CellStyleNumber = (typeof CellStyleNumber)[keyof typeof CellStyleNumber];

/** How a format writes values. */
export interface CellStyle {
  /** By which the kernel knows it: `kernel/cells.ts` writes the same bytes. */
  readonly number: CellStyleNumber;
  /** What stands for a field or key that an event does not have, or that is null. */
  readonly nothing: string;
  /** Any text, also with control characters. */
  text(text: string, out: PieceWriter): void;
  /** UTF-8 of a string: no quote, no backslash and no control character. */
  plain(bytes: Buffer, start: number, end: number, out: PieceWriter): void;
  /** JSON on one line: an object, an array, or a whole payload. */
  json(bytes: Buffer, start: number, end: number, out: PieceWriter): void;
}

/** Writes strings as their characters, numbers as they are spelled, objects and arrays as JSON. */
export function writeCell(
  row: EventRow,
  content: Column['content'],
  style: CellStyle,
  timeText: TimeText,
  out: PieceWriter,
): void {
  if (content === 'payload') return style.json(row.bytes, row.payloadStart, row.payloadEnd, out);
  if ('fact' in content) {
    const { fact } = content;
    const text = factText(row, fact, timeText);
    if (text === null) return out.text(style.nothing);
    // digits alone: nothing in them is special to any format
    return fact === 'sequence' || fact === 'offset' ? out.text(text) : style.text(text, out);
  }
  const { field } = content;
  const [start, end] = [row.start(field), row.end(field)];
  switch (row.kind(field)) {
    case FieldKind.ABSENT:
    case FieldKind.NULL:
      return out.text(style.nothing);
    case FieldKind.STRING:
      return style.plain(row.bytes, start + 1, end - 1, out);
    case FieldKind.ESCAPED_STRING:
      return style.text(JSON.parse(row.bytes.toString('utf8', start, end)) as string, out);
    case FieldKind.OBJECT:
    case FieldKind.ARRAY:
      return style.json(row.bytes, start, end, out);
    default:
      // numbers and words of JSON: nothing in them is special to any format
      return out.bytes(row.bytes, start, end);
  }
}
