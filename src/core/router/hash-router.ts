/** The gills, by hash: the same key always reaches the same partition. */

import type { FieldPath } from '../model/field-path.ts';
import type { PartitionId } from '../model/partition.ts';
import type { RouteRefusal, Rule } from '../model/routing.ts';
import type { RoutableLine } from '../model/scanned-field.ts';
import { fieldText, isPlainField, plainFieldEnd, plainFieldStart } from './field-text.ts';
import { hashPartition } from './murmur2.ts';
import { noKey } from './refusal.ts';

/** Over one field, or over the whole payload where `field` is null. */
export function hashRouter(field: FieldPath | null, partitionCount: number): Rule {
  return field === null ? payloadHashRouter(partitionCount) : fieldHashRouter(field, partitionCount);
}

function payloadHashRouter(partitionCount: number): Rule {
  return {
    fields: [],
    route: (line) => hashPartition(line.bytes, line.payloadStart, line.payloadEnd, partitionCount),
    keyOf: () => null,
  };
}

function fieldHashRouter(field: FieldPath, partitionCount: number): Rule {
  const route = (line: RoutableLine): PartitionId | RouteRefusal => {
    if (isPlainField(line, 0)) {
      return hashPartition(line.bytes, plainFieldStart(line, 0), plainFieldEnd(line, 0), partitionCount);
    }
    const key = fieldText(line, 0);
    if (key === null) return noKey(line.kind(0));
    const bytes = Buffer.from(key, 'utf8');
    return hashPartition(bytes, 0, bytes.length, partitionCount);
  };
  return { fields: [field], route, keyOf: (line) => fieldText(line, 0) };
}
