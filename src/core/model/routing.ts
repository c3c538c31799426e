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
  /** Keys go to the partitions 0 .. partitionCount-1. The one for events without a key may lie beyond. */
  readonly partitionCount: number;
}

/** In the order in which they began; the last one is in force. */
export type Epochs = readonly [Epoch, ...Epoch[]];

/** The epoch whose routing sent the event at `sequence` to its partition. */
export function epochAt(epochs: Epochs, sequence: number): Epoch {
  return epochs.findLast((epoch) => epoch.fromSequence <= sequence) ?? epochs[0];
}

/** Why a line goes nowhere: no such field, no key in it, a key of another kind than the bounds, a name that no partition has. */
export type RouteRefusal = 'key-missing' | 'key-not-scalar' | 'key-not-comparable' | 'unknown-partition';

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

/** The routing of an epoch for one emission. */
export interface Router extends Rule {
  /** Where what came before decides: `route` is for lines without a session then. Null where each line stands for itself. */
  readonly sessions: SessionRouter | null;
  /** The partition of every line, whatever it holds; null where they differ. */
  readonly everyLineTo: PartitionId | null;
  /** As it was given for all events and is stored with them. */
  readonly givenKey: string | null;
  /** The partition that was given for all events; null where the routing decides. */
  readonly sentTo: PartitionId | null;
}

/** `partitionNames`: of all partitions of the ledger, by id. @throws LedgerError for a key or a partition that cannot be given. */
export type RouterFactory = (epoch: Epoch, partitionNames: readonly string[], given?: Given) => Router;
