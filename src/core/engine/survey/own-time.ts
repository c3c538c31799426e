/** Reads the time that a stored payload carries, as emission read it. */

import { DEPTH_MAX } from '../../model/config.ts';
import type { FieldPath } from '../../model/text/field-path.ts';
import { type Micros, readEpochNumber, readRfc3339, type TimeReading } from '../../model/time/time.ts';
import { FieldReader } from '../../scan/field-reader.ts';
import { FieldKind } from '../../scan/scanned-field.ts';

/** Null for a payload without a time that can be read: an envelope may have brought its own. */
export function ownTimeReader(path: FieldPath): (payload: Buffer) => Micros | null {
  const fields = new FieldReader([path], DEPTH_MAX, 'last');
  const reading: TimeReading = { time: 0, fault: undefined };
  return (payload) => {
    const line = fields.read(payload);
    const [start, end] = [line.start(0), line.end(0)];
    switch (line.kind(0)) {
      case FieldKind.STRING:
        readRfc3339(line.bytes, start + 1, end - 1, reading);
        break;
      case FieldKind.ESCAPED_STRING: {
        const text = Buffer.from(JSON.parse(Buffer.from(line.bytes.subarray(start, end)).toString('utf8')) as string);
        readRfc3339(text, 0, text.length, reading);
        break;
      }
      case FieldKind.INTEGER:
      case FieldKind.DECIMAL:
        readEpochNumber(line.bytes, start, end, reading);
        break;
      default:
        return null;
    }
    return reading.fault === undefined ? reading.time : null;
  };
}
