/**
 * Routing as data: which rule sends an event to which partition. Its text is in `routing-text.ts`, the algorithms are
 * in `router/`. No I/O.
 */

import type { FieldPath } from '../text/field-path.ts';
import type { Micros } from '../time/time.ts';
import type { PartitionId } from './partition.ts';
import type { RangeBounds } from './range-bounds.ts';

/** A routing as requested with `--routing` or a helper such as `hashOf`. */
export type RoutingSpec =
  /** murmur2 over the key, or over the whole payload if `field` is null. */
  | (Keyed & { readonly rule: 'hash'; readonly field: FieldPath | null })
  /** Partition i holds the keys from bound i-1, inclusive, to bound i, exclusive. */
  | (Keyed & { readonly rule: 'range'; readonly field: FieldPath; readonly bounds: RangeBounds })
  /** murmur2 over two fields or more. */
  | (Keyed & { readonly rule: 'composite'; readonly fields: readonly FieldPath[] })
  /** A session stays where it was sent first, or until it was idle for longer than this; null: forever. */
  | (Keyed & { readonly rule: 'sticky'; readonly field: FieldPath; readonly idleMicros: Micros | null })
  /** The event names its partition. */
  | (Keyed & { readonly rule: 'manual'; readonly field: FieldPath });

interface Keyed {
  /** Name of the partition for events without a key; null: such an event is a bad line. */
  readonly missing: string | null;
}

/** One period of one routing, beginning at a sequence. */
export interface Epoch {
  readonly epoch: number;
  readonly fromSequence: number;
  readonly spec: RoutingSpec;
  /**
   * Partitions that receive keys; number n of a hash or a range is the nth of them. The one for events without a key
   * may be none of them.
   */
  readonly partitionIds: readonly PartitionId[];
  /**
   * The first epoch whose placements are in force in this one, null if there are none. A later placement of a key
   * replaces an earlier one.
   */
  readonly placedFrom: number | null;
}

/** A key with a fixed partition, whatever the rule decides. */
export interface Placement {
  readonly key: string;
  readonly partition: PartitionId;
}

/** Placements by key. */
export type Placements = ReadonlyMap<string, PartitionId>;

export const NO_PLACEMENTS: Placements = new Map();

/** Everything that decides where the next event goes. */
export interface RoutingInForce {
  readonly epoch: Epoch;
  /** Names of all partitions of the ledger, by id. */
  readonly partitionNames: readonly string[];
  readonly placements: Placements;
}

/** In the order in which they began; the last one is in force. */
export type Epochs = readonly [Epoch, ...Epoch[]];

/** The epoch whose routing sends the next event. */
export function epochInForce(epochs: Epochs): Epoch {
  return epochs.at(-1) ?? epochs[0];
}

/** The epoch whose routing sent the event at `sequence` to its partition. */
export function epochAt(epochs: Epochs, sequence: number): Epoch {
  return epochs.findLast((epoch) => epoch.fromSequence <= sequence) ?? epochs[0];
}

/** The fields that make an event's key; none if the whole payload is hashed. */
export function routingFields(spec: RoutingSpec): readonly FieldPath[] {
  if (spec.rule === 'composite') return spec.fields;
  return spec.field === null ? [] : [spec.field];
}
