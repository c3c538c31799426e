/** Finds the partition of a key in an epoch, for rules that depend only on the line. */

import type { PartitionId } from '../model/routing/partition.ts';
import { type RoutingInForce, type RoutingSpec, routingFields } from '../model/routing/routing.ts';
import { lineOfKey } from './key-line.ts';
import { keyRule, makeRouter, readsNoKey } from './router.ts';

/** `key` as envelopes show it, read from an event or given for it. Null if no event can have it. */
export function placeOfKey(routing: RoutingInForce, key: string): PartitionId | null {
  const { spec } = routing.epoch;
  const parts = partsOf(key, spec);
  if (parts === null) return null;
  const place = keyRule(routing, makeRouter(routing)).route(lineOfKey(spec, parts));
  return typeof place === 'number' ? place : null;
}

/** The texts of the fields that make up the key; null if it is no key of this routing. */
function partsOf(key: string, spec: RoutingSpec): string[] | null {
  const fields = routingFields(spec).length;
  if (readsNoKey(spec) || fields === 1) return [key];
  try {
    const parts: unknown = JSON.parse(key);
    const isKey = Array.isArray(parts) && parts.length === fields && parts.every((part) => typeof part === 'string');
    return isKey ? parts : null;
  } catch {
    return null;
  }
}
