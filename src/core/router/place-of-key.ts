/** Where the events of a key lie, for routers whose answer depends on the line alone. */

import type { PartitionId } from '../model/partition.ts';
import { type Router, type RoutingSpec, routingFields } from '../model/routing.ts';
import { lineOfKey } from './key-line.ts';

/** `key` as `Router.keyOf` tells it. Null where no event can have it. */
export function placeOfKey(router: Router, spec: RoutingSpec, key: string): PartitionId | null {
  const parts = partsOf(key, routingFields(spec).length);
  if (parts === null) return null;
  const place = router.route(lineOfKey(spec, parts));
  return typeof place === 'number' ? place : null;
}

/** The texts of so many fields; null where it is none of their keys. */
function partsOf(key: string, fields: number): string[] | null {
  if (fields <= 1) return fields === 1 ? [key] : null;
  try {
    const parts: unknown = JSON.parse(key);
    const isKey = Array.isArray(parts) && parts.length === fields && parts.every((part) => typeof part === 'string');
    return isKey ? parts : null;
  } catch {
    return null;
  }
}
