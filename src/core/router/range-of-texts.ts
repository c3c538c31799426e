/** The position of a text among bounds, in the order of UTF-8 bytes, which is that of code points. */

import type { PartitionId } from '../model/routing/partition.ts';
import type { RouteRefusal } from '../model/routing/router.ts';
import { byteAt } from '../model/text/bytes.ts';
import { FieldKind, type RoutableLine } from '../scan/scanned-field.ts';
import { fieldText } from './field-text.ts';
import { notComparable } from './refusal.ts';

/** `values`: strictly increasing by their bytes. */
export function textPlace(values: readonly string[]): (line: RoutableLine) => PartitionId | RouteRefusal {
  const bounds = values.map((value) => Buffer.from(value, 'utf8'));
  return (line) => {
    const kind = line.kind(0);
    if (kind === FieldKind.STRING) return countAtOrBelow(bounds, line.bytes, line.start(0) + 1, line.end(0) - 1);
    if (kind !== FieldKind.ESCAPED_STRING) return notComparable(kind);
    const bytes = Buffer.from(fieldText(line, 0) as string, 'utf8');
    return countAtOrBelow(bounds, bytes, 0, bytes.length);
  };
}

function countAtOrBelow(bounds: readonly Uint8Array[], bytes: Uint8Array, start: number, end: number): PartitionId {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAtOrBelow(bounds[middle] as Uint8Array, bytes, start, end)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAtOrBelow(bound: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const length = Math.min(bound.length, end - start);
  for (let at = 0; at < length; at++) {
    const difference = byteAt(bound, at) - byteAt(bytes, start + at);
    if (difference !== 0) return difference < 0;
  }
  return bound.length <= end - start;
}
