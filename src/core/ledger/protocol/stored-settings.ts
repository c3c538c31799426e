/** A ledger's settings and routings as every storage writes them: as JSON, which the chain covers. Pure. */

import { type Compression, formatCompression, readCompression } from '../../model/compression.ts';
import { DETERMINISMS, DURABILITIES, isLineBytesMax, type LedgerConfig, LOG_LAYOUTS } from '../../model/config.ts';
import type { LedgerError } from '../../model/ledger-error.ts';
import type { Epoch, RoutingSpec } from '../../model/routing/routing.ts';
import { parseRoutingSpec } from '../../model/routing/routing-text.ts';
import type { FieldPath, PathStep } from '../../model/text/field-path.ts';

/** Makes the error of what cannot be read: `its config cannot be read`. */
export type Unreadable = (fact: string, cause?: unknown) => LedgerError;

/** The keys of a zone, of compression and of a layout are left out where there is none. */
export function formatConfig({ time, compression, layout, unique, zone, ...config }: LedgerConfig): string {
  return JSON.stringify({
    time,
    unique: unique?.length === 1 ? unique[0] : unique,
    ...config,
    ...(zone === null ? {} : { zone }),
    ...(compression === null ? {} : { compression: formatCompression(compression) }),
    ...(layout === null ? {} : { layout }),
  });
}

/** @throws what `unreadable` makes of a fact */
export function readConfig(json: string, unreadable: Unreadable): LedgerConfig {
  const raw = readObject(json, 'config', unreadable);
  const path = (value: unknown): FieldPath | null => {
    if (value === null) return null;
    if (Array.isArray(value) && value.length > 0 && value.every(isStep)) return value;
    throw unreadable('a path of its config cannot be read');
  };
  /** One path is stored as such, several as a list of paths. */
  const paths = (value: unknown): readonly FieldPath[] | null => {
    const isList = Array.isArray(value) && value.length > 1 && value.every(Array.isArray);
    const read = (isList ? value : [value]).map(path);
    return read.includes(null) ? null : (read as FieldPath[]);
  };
  const oneOf = <Value extends string>(value: unknown, ...values: Value[]): Value => {
    const found = values.find((known) => known === value);
    if (found === undefined) throw unreadable('its config cannot be read');
    return found;
  };
  const zone = (value: unknown): string | null => {
    if (value === undefined) return null;
    if (typeof value === 'string' && value !== '') return value;
    throw unreadable('its time zone cannot be read');
  };
  const compression = (value: unknown): Compression | null => {
    if (value === undefined) return null;
    const read = typeof value === 'string' ? readCompression(value) : undefined;
    if (read === undefined) throw unreadable('its compression cannot be read');
    return read;
  };
  const lineBytesMax = raw.get('lineBytesMax');
  if (!isLineBytesMax(lineBytesMax)) throw unreadable('its line limit cannot be read');
  return {
    time: path(raw.get('time') ?? null),
    zone: zone(raw.get('zone')),
    unique: paths(raw.get('unique') ?? null),
    durability: oneOf(raw.get('durability'), ...DURABILITIES),
    determinism: oneOf(raw.get('determinism'), ...DETERMINISMS),
    lineBytesMax,
    compression: compression(raw.get('compression')),
    layout: raw.get('layout') === undefined ? null : oneOf(raw.get('layout'), ...LOG_LAYOUTS),
  };
}

/** @throws what `unreadable` makes of a fact */
export function readRouting(json: string, unreadable: Unreadable): Pick<Epoch, 'spec' | 'partitionIds' | 'placedFrom'> {
  const raw = readObject(json, 'routing', unreadable);
  const spec = raw.get('spec');
  const partitionIds: unknown = raw.get('partitions');
  const placedFrom = raw.get('placedFrom') ?? null;
  if (typeof spec !== 'string' || !isIdList(partitionIds) || !(placedFrom === null || isWhole(placedFrom)))
    throw unreadable('its routing cannot be read');
  return { spec: readSpec(spec, unreadable), partitionIds, placedFrom };
}

function isStep(value: unknown): value is PathStep {
  return typeof value === 'string' || isWhole(value);
}

function isIdList(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(isWhole) && new Set(value).size === value.length;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function readSpec(spec: string, unreadable: Unreadable): RoutingSpec {
  try {
    return parseRoutingSpec(spec);
  } catch (error) {
    throw unreadable('its routing cannot be read', error);
  }
}

/** A Map instead of the object itself: names come from a storage and must not reach a prototype. */
function readObject(json: string, what: string, unreadable: Unreadable): Map<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(json) as object));
  } catch (error) {
    throw unreadable(`its ${what} is no JSON`, error);
  }
}
