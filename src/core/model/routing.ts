/** Routing as data: which rule sends an event to which partition. Its text is in `routing-text.ts`, the algorithms live in `router/`. No I/O. */

import type { FieldPath } from './field-path.ts';
import type { PartitionId } from './partition.ts';
import type { RangeBounds } from './range-bounds.ts';
import type { RoutableLine } from './scanned-field.ts';
import type { SessionRouter } from './session-pins.ts';
import type { Micros } from './time.ts';

/** What a user asks for with `--partition` or a helper such as `hashOf`. */
export type RoutingSpec =
  /** murmur2 over the key, or over the whole payload where `field` is null. */
  | (Keyed & { readonly rule: 'hash'; readonly field: FieldPath | null })
  /** Partition i holds the keys from bound i-1 up to, and without, bound i. */
  | (Keyed & { readonly rule: 'range'; readonly field: FieldPath; readonly bounds: RangeBounds })
  /** murmur2 over two fields or more. */
  | (Keyed & { readonly rule: 'composite'; readonly fields: readonly FieldPath[] })
  /** A session stays where it was sent first, or until it was idle for longer than this; null: for ever. */
  | (Keyed & { readonly rule: 'sticky'; readonly field: FieldPath; readonly idleMicros: Micros | null })
  /** The event names its partition. */
  | (Keyed & { readonly rule: 'manual'; readonly field: FieldPath });

interface Keyed {
  /** Name of the partition for events that have no key; null: such an event is a bad line. */
  readonly missing: string | null;
}

/** One period of one routing, beginning at a sequence. */
export interface Epoch {
  readonly epoch: number;
  readonly fromSequence: number;
  readonly spec: RoutingSpec;
  /** The partitions that keys go to; number n of a hash or a range is the nth of them. The one for events without a key may be none of them. */
  readonly partitionIds: readonly PartitionId[];
  /** The first epoch whose placements are in force in this one, null where there are none. Later placements of a key go before earlier ones. */
  readonly placedFrom: number | null;
}

/** A key that goes to this partition whatever the rule says. */
export interface Placement {
  readonly key: string;
  readonly partition: PartitionId;
}

/** By key. */
export type Placements = ReadonlyMap<string, PartitionId>;

export const NO_PLACEMENTS: Placements = new Map();

/** What decides where the next event goes, and all that does. */
export interface RoutingInForce {
  readonly epoch: Epoch;
  /** Of all partitions of the ledger, by id. */
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

/** Why a line goes nowhere: no such field, no key in it, a key of another kind than the bounds, a name that no partition has. */
export type RouteRefusal = 'key-missing' | 'key-not-scalar' | 'key-not-comparable' | 'unknown-partition';

/** The fields that make an event's key; none where the whole payload is hashed. */
export function routingFields(spec: RoutingSpec): readonly FieldPath[] {
  if (spec.rule === 'composite') return spec.fields;
  return spec.field === null ? [] : [spec.field];
}

/** What an emitter says of all its events, past what their payloads hold. */
export interface Given {
  /** Their key as text, in the form in which envelopes show it; null: each event's own. */
  readonly key: string | null;
  /** The partition they go to, whatever the routing says; null: the routing decides. */
  readonly to: string | null;
}

export const NOTHING_GIVEN: Given = { key: null, to: null };

/** A rule at work: pure, and stable for ever, because events lie where it sent them. */
export interface Rule {
  /** The fields it reads, in the order in which it asks the line for them. */
  readonly fields: readonly FieldPath[];
  /** Where the line goes, or why it goes nowhere. */
  route(line: RoutableLine): PartitionId | RouteRefusal;
  /** The key it reads from the line as text, null where the routing reads none. */
  keyOf(line: RoutableLine): string | null;
}

/** What sends a line: its key was placed by hand, it has no key, or the rule decides. */
export type RouteCause = 'placed' | 'missing' | 'rule';

/** A rule with what goes before it, for one emission: placements, the partition for events without a key, what the emitter gives. */
export interface Router extends Rule {
  causeOf(line: RoutableLine): RouteCause;
  /** Where what came before decides: `route` is for lines without a session then. Null where each line stands for itself. */
  readonly sessions: SessionRouter | null;
  /** The partition of every line, whatever it holds; null where they differ. */
  readonly everyLineTo: PartitionId | null;
  /** As it was given for all events and is stored with them. */
  readonly givenKey: string | null;
  /** The partition that was given for all events; null where the routing decides. */
  readonly sentTo: PartitionId | null;
}

/** @throws LedgerError for a key or a partition that cannot be given. */
export type RouterFactory = (routing: RoutingInForce, given?: Given) => Router;
