/** What a row is made of. The kernel writes whole batches by it, and {@link rowWriter} one row at a time. */

import type { TimeText } from '../model/time/zoned-time-text.ts';
import { type CellStyle, writeCell } from './cell.ts';
import type { Column } from './columns.ts';
import type { EventRow } from './event-row.ts';
import type { PieceWriter } from './pieces.ts';

/** Numbers that are no column: ledger time in ms since 1970, and sizes in bytes of the key and the payload. */
export type RowNumber = 'epochMs' | 'keyBytes' | 'payloadBytes';

export type RowPart =
  | { readonly literal: Uint8Array }
  | { readonly content: Column['content'] }
  | { readonly number: RowNumber };

/** The parts in order, and how the values of columns are written. */
export interface RowLayout {
  readonly parts: readonly RowPart[];
  readonly cells: CellStyle;
  readonly timeText: TimeText;
}

const NUMBERS: Readonly<Record<RowNumber, (row: EventRow) => number>> = {
  epochMs: ({ batch, at }) => Math.floor((batch.times[at] as number) / 1000),
  keyBytes: ({ key }) => Buffer.byteLength(key ?? ''),
  payloadBytes: ({ payloadStart, payloadEnd }) => payloadEnd - payloadStart,
};

/** Writes one row. */
export function rowWriter({ parts, cells, timeText }: RowLayout): (row: EventRow, out: PieceWriter) => void {
  return (row, out) => {
    for (const part of parts) {
      if ('literal' in part) out.bytes(part.literal);
      else if ('content' in part) writeCell(row, part.content, cells, timeText, out);
      else out.text(String(NUMBERS[part.number](row)));
    }
  };
}
