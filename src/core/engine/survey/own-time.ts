/** Reads the time that a stored payload carries, as emission read it. */

import { DEPTH_MAX, type LedgerConfig } from '../../model/config.ts';
import { asBuffer } from '../../model/text/bytes.ts';
import type { Micros, TimeReading } from '../../model/time/time.ts';
import type { TimeZone } from '../../model/time/time-zone.ts';
import { FieldReader } from '../../scan/field-reader.ts';
import { readTimeField } from '../../scan/time-field.ts';

/**
 * `zone`: of times without an offset. Null if events have the time of their arrival. The reader's answer is null for a payload without a time that can be
 * read: an envelope may have brought its own.
 */
export function ownTimeReader(
  { time: path }: Pick<LedgerConfig, 'time'>,
  zone: TimeZone | null,
): ((payload: Buffer) => Micros | null) | null {
  if (path === null) return null;
  const fields = new FieldReader([path], DEPTH_MAX, 'last');
  const reading: TimeReading = { time: 0, fault: undefined };
  return (payload) => {
    const line = fields.read(payload);
    readTimeField(asBuffer(line.bytes), line.kind(0), line.start(0), line.end(0), reading, zone);
    return reading.fault === undefined ? reading.time : null;
  };
}
