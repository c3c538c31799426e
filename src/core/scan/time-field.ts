/** Reads the time of an event from its scanned field. Pure. */

import { fail, type TimeReading } from '../model/time/time.ts';
import { readTimeNumber, readTimeText } from '../model/time/time-text.ts';
import type { TimeZone } from '../model/time/time-zone.ts';
import { FieldKind } from './scanned-field.ts';

/** The value in `bytes[start, end)`; a value that is neither a string nor a number is no time. */
export function readTimeField(
  bytes: Buffer,
  kind: FieldKind,
  start: number,
  end: number,
  reading: TimeReading,
  zone: TimeZone | null,
): void {
  switch (kind) {
    case FieldKind.STRING:
      return readTimeText(bytes, start + 1, end - 1, reading, zone);
    case FieldKind.ESCAPED_STRING: {
      const text = Buffer.from(JSON.parse(bytes.toString('utf8', start, end)) as string);
      return readTimeText(text, 0, text.length, reading, zone);
    }
    case FieldKind.INTEGER:
    case FieldKind.DECIMAL:
      return readTimeNumber(bytes, start, end, reading);
    default:
      return fail(reading, 'not-a-time');
  }
}
