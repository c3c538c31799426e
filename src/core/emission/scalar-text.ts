/** The one text of a scalar value of a line: what an id is compared by. */

import { FieldKind } from '../model/scanned-field.ts';

/** The text of the value in `bytes[start, end)`: a string's characters, otherwise the value as written; null where it is no scalar. */
export function scalarText(bytes: Buffer, kind: FieldKind, start: number, end: number): string | null {
  switch (kind) {
    case FieldKind.STRING:
      return bytes.toString('utf8', start + 1, end - 1);
    case FieldKind.ESCAPED_STRING:
      return JSON.parse(bytes.toString('utf8', start, end)) as string;
    case FieldKind.INTEGER:
    case FieldKind.DECIMAL:
    case FieldKind.TRUE:
    case FieldKind.FALSE:
      return bytes.toString('latin1', start, end);
    default:
      return null;
  }
}
