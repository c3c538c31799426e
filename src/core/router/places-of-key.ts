/** Where the events of a key may lie: asks a router for every spelling that a payload may hold the key in. */

import { readDecimal } from '../model/decimal.ts';
import type { PartitionId } from '../model/partition.ts';
import type { Router } from '../model/routing.ts';
import { FieldKind, type RoutableLine } from '../model/scanned-field.ts';

/** `key` as `Router.keyOf` tells it. Empty where no event can have it. For routers whose answer depends on the line alone. */
export function placesOfKey(router: Router, key: string): PartitionId[] {
  const parts = partsOf(router, key);
  if (parts === null) return [];
  const spellings = [lineOf(parts, FieldKind.STRING)];
  // bounds tell numbers from texts; a hash does not
  if (parts.length === 1 && readDecimal(key) !== null) spellings.push(lineOf(parts, FieldKind.DECIMAL));
  const places = spellings.map((line) => router.route(line)).filter((place) => typeof place === 'number');
  return [...new Set(places)].sort((one, other) => one - other);
}

/** The texts of the router's fields; null where the key is none of this router's. */
function partsOf(router: Router, key: string): string[] | null {
  const { length } = router.fields;
  if (length === 0) return null;
  if (length === 1) return [key];
  try {
    const parts: unknown = JSON.parse(key);
    const isKey = Array.isArray(parts) && parts.length === length && parts.every((part) => typeof part === 'string');
    return isKey ? (parts as string[]) : null;
  } catch {
    return null;
  }
}

/** A line whose fields hold these texts, one behind the other. */
function lineOf(parts: readonly string[], kind: FieldKind): RoutableLine {
  const quote = kind === FieldKind.STRING ? '"' : '';
  const values = parts.map((part) => Buffer.from(`${quote}${part}${quote}`, 'utf8'));
  const ends: number[] = [];
  for (const value of values) ends.push((ends.at(-1) ?? 0) + value.length);
  const bytes = Buffer.concat(values);
  return {
    bytes,
    payloadStart: 0,
    payloadEnd: bytes.length,
    kind: () => kind,
    start: (nth) => (ends[nth] ?? 0) - (values[nth]?.length ?? 0),
    end: (nth) => ends[nth] ?? 0,
  };
}
