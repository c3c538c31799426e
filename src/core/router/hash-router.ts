/** The gills, by hash: the same key always reaches the same partition. */

import type { FieldPath } from '../model/field-path.ts';
import type { PartitionId } from '../model/partition.ts';
import type { RouteRefusal, Router } from '../model/routing.ts';
import { FieldKind, type RoutableLine } from '../model/scanned-field.ts';
import { fieldText, isPlainField } from './field-text.ts';
import { hashPartition } from './murmur2.ts';
import { noKey } from './refusal.ts';

/** Over one field, or over the whole payload where `field` is null. */
export function hashRouter(field: FieldPath | null, partitionCount: number): Router {
  return field === null ? payloadHashRouter(partitionCount) : fieldHashRouter(field, partitionCount);
}

function payloadHashRouter(partitionCount: number): Router {
  return {
    fields: [],
    route: (line) => hashPartition(line.bytes, line.payloadStart, line.payloadEnd, partitionCount),
    keyOf: () => null,
  };
}

function fieldHashRouter(field: FieldPath, partitionCount: number): Router {
  const route = (line: RoutableLine): PartitionId | RouteRefusal => {
    if (isPlainField(line, 0)) {
      const quote = line.kind(0) === FieldKind.STRING ? 1 : 0;
      return hashPartition(line.bytes, line.start(0) + quote, line.end(0) - quote, partitionCount);
    }
    const key = fieldText(line, 0);
    if (key === null) return noKey(line.kind(0));
    const bytes = Buffer.from(key, 'utf8');
    return hashPartition(bytes, 0, bytes.length, partitionCount);
  };
  return { fields: [field], route, keyOf: (line) => fieldText(line, 0) };
}
