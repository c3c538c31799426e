/**
 * The format `tsv`: each event is one line and each tab a border, whatever a payload holds, for `cut`, `awk` and `sort`.
 * Tabs, line ends and backslashes in a value are escaped with a backslash, as `jq @tsv` and PostgreSQL write them.
 */

import { CellStyleNumber } from './cell.ts';
import { delimited } from './delimited.ts';
import type { PieceWriter } from './pieces.ts';

const TAB = 0x09;
const BACKSLASH = 0x5c;
const SPECIAL = /[\\\t\r\n]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\r': '\\r', '\n': '\\n' };

export const tsv = delimited({
  name: 'tsv',
  summary: 'as jq @tsv',
  separator: TAB,
  lineEnd: '\n',
  cells: {
    number: CellStyleNumber.TSV,
    nothing: '',
    text: (text, out) => out.text(text.replace(SPECIAL, (character) => ESCAPES[character] ?? character)),
    plain: (bytes, start, end, out) => out.bytes(bytes, start, end),
    json: escapedJson,
  },
});

/** JSON may have tabs and carriage returns between its tokens. */
function escapedJson(bytes: Buffer, start: number, end: number, out: PieceWriter): void {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH) out.text('\\\\');
    else if (byte === TAB) out.text('\\t');
    else if (byte === 0x0d) out.text('\\r');
    else out.byte(byte);
  }
}
