/** Routing: which rule sends an event to which partition, as data. The algorithms live in `router/`. No I/O. */

import { type FieldPath, formatFieldPath, parseFieldPath } from './field-path.ts';
import { LedgerError } from './ledger-error.ts';
import type { PartitionId } from './partition.ts';
import type { RoutableLine } from './scanned-field.ts';

/** What a user asks for with `--partition` or a helper such as {@link hashOf}. */
export type RoutingSpec =
  /** murmur2 over the key, or over the whole payload where `field` is null. */
  | { readonly rule: 'hash'; readonly field: FieldPath | null }
  /** The event names its partition. */
  | { readonly rule: 'manual'; readonly field: FieldPath };

/** One period of one routing, beginning at a sequence. Partition ids 0 .. partitionCount-1 take part. */
export interface Epoch {
  readonly epoch: number;
  readonly fromSequence: number;
  readonly spec: RoutingSpec;
  readonly partitionCount: number;
}

/** In the order in which they began; the last one is in force. */
export type Epochs = readonly [Epoch, ...Epoch[]];

/** The epoch whose routing sent the event at `sequence` to its partition. */
export function epochAt(epochs: Epochs, sequence: number): Epoch {
  return epochs.findLast((epoch) => epoch.fromSequence <= sequence) ?? epochs[0];
}

export type RouteRefusal = 'key-missing' | 'key-not-scalar' | 'unknown-partition';

/** A routing at work: pure, and stable for ever, because events lie where it sent them. */
export interface Router {
  /** The fields it reads, in the order in which it asks the line for them. */
  readonly fields: readonly FieldPath[];
  /** Where the line goes, or why it goes nowhere. */
  route(line: RoutableLine): PartitionId | RouteRefusal;
  /** The key it reads from the line as text, null where the routing reads none. */
  keyOf(line: RoutableLine): string | null;
}

export type RouterFactory = (epoch: Epoch, partitionNames: readonly string[]) => Router;

/** Routes by a hash of one field: the same key always reaches the same partition, with the numbers of a Kafka topic of as many partitions. */
export function hashOf(field?: string): RoutingSpec {
  return { rule: 'hash', field: field === undefined ? null : parseFieldPath(field) };
}

/** Routes to the partition whose name stands in a field of the event. */
export function placedBy(field: string): RoutingSpec {
  return { rule: 'manual', field: parseFieldPath(field) };
}

/** Reads `hash`, `hash:FIELD` or `manual:FIELD`. @throws LedgerError INVALID_ARGUMENT */
export function parseRoutingSpec(text: string): RoutingSpec {
  const colon = text.indexOf(':');
  const rule = colon < 0 ? text : text.slice(0, colon);
  const field = colon < 0 ? undefined : text.slice(colon + 1);
  if (rule === 'hash') return hashOf(field);
  if (rule === 'manual' && field !== undefined) return placedBy(field);
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `'${text.slice(0, 80)}' is not a routing`,
    hint: 'use hash, hash:FIELD or manual:FIELD',
    details: { spec: text },
  });
}

/** The text {@link parseRoutingSpec} reads back. */
export function formatRoutingSpec(spec: RoutingSpec): string {
  return spec.field === null ? spec.rule : `${spec.rule}:${formatFieldPath(spec.field)}`;
}
