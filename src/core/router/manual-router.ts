/** The gills, by hand: the event names its partition. */

import type { FieldPath } from '../model/field-path.ts';
import type { PartitionId } from '../model/partition.ts';
import type { RouteRefusal, Router } from '../model/routing.ts';
import { FieldKind, type RoutableLine } from '../model/scanned-field.ts';
import { keyText } from './key-text.ts';

export function manualRouter(field: FieldPath, partitionNames: readonly string[]): Router {
  const idOf = new Map<string, PartitionId>(partitionNames.map((name, id) => [name, id]));
  const route = (line: RoutableLine): PartitionId | RouteRefusal => {
    const name = keyText(line, 0);
    if (name === null) return line.kind(0) === FieldKind.ABSENT ? 'key-missing' : 'key-not-scalar';
    return idOf.get(name) ?? 'unknown-partition';
  };
  return { fields: [field], route, keyOf: (line) => keyText(line, 0) };
}
