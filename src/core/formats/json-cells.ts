/** Values as JSON: the style of formats whose rows are JSON themselves. */

import { QUOTE } from '../model/text/bytes.ts';
import { type CellStyle, CellStyleNumber } from './cell.ts';

export const JSON_CELLS: CellStyle = {
  number: CellStyleNumber.JSON,
  nothing: 'null',
  text: (text, out) => out.text(JSON.stringify(text)),
  plain: (bytes, start, end, out) => {
    out.byte(QUOTE);
    out.bytes(bytes, start, end);
    out.byte(QUOTE);
  },
  json: (bytes, start, end, out) => out.bytes(bytes, start, end),
};
