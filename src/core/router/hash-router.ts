/** Routes by hash: the same key always reaches the same partition. */

import { hashPartition } from '../model/routing/murmur2.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { RouteRefusal, Rule } from '../model/routing/router.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import type { RoutableLine } from '../scan/scanned-field.ts';
import { fieldText, isPlainField, plainFieldEnd, plainFieldStart } from './field-text.ts';
import { noKey } from './refusal.ts';

/** Over one field, or over the whole payload if `field` is null. Number n is the nth of the partitions. */
export function hashRouter(field: FieldPath | null, partitions: readonly PartitionId[]): Rule {
  return field === null ? payloadHashRouter(partitions) : fieldHashRouter(field, partitions);
}

function payloadHashRouter(partitions: readonly PartitionId[]): Rule {
  const count = partitions.length;
  return {
    fields: [],
    route: (line) => partitions[hashPartition(line.bytes, line.payloadStart, line.payloadEnd, count)] as PartitionId,
    keyOf: () => null,
  };
}

function fieldHashRouter(field: FieldPath, partitions: readonly PartitionId[]): Rule {
  const count = partitions.length;
  const route = (line: RoutableLine): PartitionId | RouteRefusal => {
    if (isPlainField(line, 0)) {
      return partitions[
        hashPartition(line.bytes, plainFieldStart(line, 0), plainFieldEnd(line, 0), count)
      ] as PartitionId;
    }
    const key = fieldText(line, 0);
    if (key === null) return noKey(line.kind(0));
    const bytes = Buffer.from(key, 'utf8');
    return partitions[hashPartition(bytes, 0, bytes.length, count)] as PartitionId;
  };
  return { fields: [field], route, keyOf: (line) => fieldText(line, 0) };
}
