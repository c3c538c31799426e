/** Constructors of routings: `hashOf('tenant')` and others. They return data, and reject invalid arguments. No I/O. */

import { types } from 'node:util';
import { inOption, invalidArgument } from '../ledger-error.ts';
import type { OptionTable } from '../options/option-kinds.ts';
import { kindOf, listOf, text, texts } from '../options/option-kinds.ts';
import { readArgument, readOptions } from '../options/options.ts';
import { type FieldPath, formatFieldPath, parseFieldPath } from '../text/field-path.ts';
import { type Micros, TIME_MIN } from '../time/time.ts';
import { readDuration } from '../time/time-expression.ts';
import { checkName } from './partition.ts';
import { boundsOf, type RangeBound, type RangeBounds } from './range-bounds.ts';
import type { RoutingSpec } from './routing.ts';

export interface RoutingOptions {
  /** Name of the partition for events without a key. Without it such an event is a bad line. */
  readonly missing?: string | undefined;
}

export interface StickyOptions extends RoutingOptions {
  /** A session that was idle for longer than this is a new one, such as `30m`. Default: never. */
  readonly idle?: string | undefined;
}

const ROUTING: OptionTable<RoutingOptions> = { missing: text };
const STICKY: OptionTable<StickyOptions> = { ...ROUTING, idle: text };
const BOUND = kindOf<RangeBound>(
  'a bound',
  (value) => ['number', 'bigint', 'string'].includes(typeof value) || types.isDate(value),
);
const BOUNDS = listOf(BOUND, 'a list of bounds: numbers, texts or Dates');

/** Each field takes a slot of the scan; time, id and payload need one too, and there are 32 in all. */
const COMPOSITE_FIELDS_MAX = 16;

/**
 * Routes by a hash of one field, or of the whole payload if none is named. The same key always reaches the
 * same partition, as in a Kafka topic with as many partitions.
 * @throws LedgerError INVALID_ARGUMENT, as all of these do
 */
export function hashOf(field?: string, options?: RoutingOptions): RoutingSpec {
  const path = field === undefined ? null : fieldOf('hashOf()', field);
  return withMissing({ rule: 'hash', field: path, missing: null }, readOptions('hashOf()', options, ROUTING).missing);
}

/** Routes by the position of a field's value among bounds: partition i holds bounds[i-1] <= value < bounds[i]. */
export function rangeOf(field: string, bounds: readonly RangeBound[], options?: RoutingOptions): RoutingSpec {
  const spec = rangeRouting(
    fieldOf('rangeOf()', field),
    inOption('bounds', () => boundsOf(readArgument('rangeOf()', 'bounds', bounds, BOUNDS))),
  );
  return withMissing(spec, readOptions('rangeOf()', options, ROUTING).missing);
}

/** Routes by a hash of several fields together. */
export function compositeOf(...fields: readonly string[]): RoutingSpec;
export function compositeOf(fields: readonly string[], options?: RoutingOptions): RoutingSpec;
export function compositeOf(
  first: string | readonly string[],
  ...rest: readonly (string | RoutingOptions | undefined)[]
): RoutingSpec {
  const isList = Array.isArray(first);
  const fields = readArgument('compositeOf()', 'fields', isList ? first : [first, ...rest], texts);
  return withMissing(
    inOption('fields', () => compositeRouting(fields.map(parseFieldPath))),
    readOptions('compositeOf()', isList ? rest[0] : undefined, ROUTING).missing,
  );
}

/**
 * Assigns a session to the least loaded partition when it is first seen. It stays there forever, or until it was idle
 * for longer than `idle` (such as `30m`).
 */
export function stickyBy(field: string, options?: StickyOptions): RoutingSpec {
  const { idle, missing } = readOptions('stickyBy()', options, STICKY);
  return withMissing(
    inOption('idle', () => stickyRouting(fieldOf('stickyBy()', field), idle === undefined ? null : readDuration(idle))),
    missing,
  );
}

/** Routes to the partition named in a field of the event. */
export function placedBy(field: string, options?: RoutingOptions): RoutingSpec {
  return withMissing(
    { rule: 'manual', field: fieldOf('placedBy()', field), missing: null },
    readOptions('placedBy()', options, ROUTING).missing,
  );
}

/** The same routing with a partition for events without a key; unchanged if no name is given. */
export function withMissing(spec: RoutingSpec, name: string | undefined): RoutingSpec {
  if (name === undefined) return spec;
  inOption('missing', () => checkName(name));
  if (spec.rule === 'hash' && spec.field === null)
    throw invalidArgument('a hash over the whole payload always has a key', 'name a field: hash:FIELD', 'missing');
  if (spec.missing !== null && spec.missing !== name) {
    throw invalidArgument(
      `events without a key cannot go to both '${spec.missing}' and '${name}'`,
      'name one partition for them',
      'missing',
    );
  }
  return { ...spec, missing: name };
}

function fieldOf(call: string, field: string): FieldPath {
  return inOption('field', () => parseFieldPath(readArgument(call, 'field', field, text)));
}

export function rangeRouting(field: FieldPath, bounds: RangeBounds): RoutingSpec {
  return { rule: 'range', field, bounds, missing: null };
}

export function compositeRouting(fields: readonly FieldPath[]): RoutingSpec {
  const [only = 'FIELD', ...others] = fields.map(formatFieldPath);
  if (others.length === 0) throw invalidArgument('a composite needs two fields', `add a field, or use hash:${only}`);
  if (fields.length > COMPOSITE_FIELDS_MAX)
    throw invalidArgument(`a composite of ${fields.length} fields is too many`, `name ${COMPOSITE_FIELDS_MAX} at most`);
  const twice = [only, ...others].find((path, at, all) => all.indexOf(path) !== at);
  if (twice !== undefined) throw invalidArgument(`the field ${twice} is named twice`, 'name each field once');
  return { rule: 'composite', fields, missing: null };
}

function stickyRouting(field: FieldPath, idleMicros: Micros | null): RoutingSpec {
  if (idleMicros !== null && !(idleMicros > 0 && idleMicros <= -TIME_MIN))
    throw invalidArgument('this idle time is out of range', 'write 1s to 7000w');
  return { rule: 'sticky', field, idleMicros, missing: null };
}
