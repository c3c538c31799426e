/** The format `csv`: RFC 4180, with a header and lines that end with CRLF. */

import { COMMA, QUOTE } from '../model/text/bytes.ts';
import { CellStyleNumber } from './cell.ts';
import { delimited } from './delimited.ts';
import type { PieceWriter } from './pieces.ts';

const NEEDS_QUOTES = /[",\r\n]/;

export const csv = delimited({
  name: 'csv',
  summary: 'RFC 4180',
  separator: COMMA,
  lineEnd: '\r\n',
  cells: {
    number: CellStyleNumber.CSV,
    nothing: '',
    // an empty text is in quotes, because some readers distinguish it from nothing
    text: (text, out) => out.text(text === '' || NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text),
    plain: (bytes, start, end, out) => {
      if (start < end && !hasComma(bytes, start, end)) return out.bytes(bytes, start, end);
      out.byte(QUOTE);
      out.bytes(bytes, start, end);
      out.byte(QUOTE);
    },
    json: inQuotes,
  },
});

function hasComma(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === COMMA) return true;
  return false;
}

function inQuotes(bytes: Buffer, start: number, end: number, out: PieceWriter): void {
  out.byte(QUOTE);
  for (let from = start; ; ) {
    const quote = bytes.indexOf(QUOTE, from);
    if (quote === -1 || quote >= end) {
      out.bytes(bytes, from, end);
      break;
    }
    out.bytes(bytes, from, quote + 1);
    out.byte(QUOTE);
    from = quote + 1;
  }
  out.byte(QUOTE);
}
