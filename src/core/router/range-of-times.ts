/** The position of an instant among bounds: the field holds a date and time with its offset. */

import type { PartitionId } from '../model/routing/partition.ts';
import type { RouteRefusal } from '../model/routing/router.ts';
import { asBuffer, byteAt, ZERO } from '../model/text/bytes.ts';
import { type Micros, NO_TIME, type TimeReading } from '../model/time/time.ts';
import { readDateTime } from '../model/time/time-text.ts';
import { FieldKind, type RoutableLine } from '../scan/scanned-field.ts';
import { countAtOrBelow } from './count-at-or-below.ts';
import { fieldText } from './field-text.ts';
import { notComparable } from './refusal.ts';

/** `values`: strictly increasing. */
export function timePlace(values: readonly Micros[]): (line: RoutableLine) => PartitionId | RouteRefusal {
  const bounds = Float64Array.from(values);
  const reading: TimeReading = { time: NO_TIME, fault: undefined };
  const place = (bytes: Uint8Array, start: number, end: number): PartitionId | RouteRefusal => {
    readDateTime(asBuffer(bytes), start, end, reading);
    if (reading.fault === undefined) return countAtOrBelow(bounds, reading.time);
    if (reading.fault !== 'out-of-range') return 'key-not-comparable';
    // bounds are within the years that a ledger stores, 1828 to 2111, so this time precedes or follows all of them
    return centuryAt(bytes, start) < 20 ? 0 : bounds.length;
  };
  return (line) => {
    const kind = line.kind(0);
    if (kind === FieldKind.STRING) return place(line.bytes, line.start(0) + 1, line.end(0) - 1);
    if (kind !== FieldKind.ESCAPED_STRING) return notComparable(kind);
    const bytes = Buffer.from(fieldText(line, 0) as string, 'utf8');
    return place(bytes, 0, bytes.length);
  };
}

function centuryAt(bytes: Uint8Array, start: number): number {
  return (byteAt(bytes, start) - ZERO) * 10 + byteAt(bytes, start + 1) - ZERO;
}
