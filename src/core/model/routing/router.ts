/** The router as emission uses it. The rules are in `router/`. No I/O. */

import type { RoutableLine } from '../../scan/scanned-field.ts';
import type { FieldPath } from '../text/field-path.ts';
import type { PartitionId } from './partition.ts';
import type { RoutingInForce } from './routing.ts';
import type { SessionRouter } from './session-router.ts';

/**
 * Why a line has no partition: missing field, no key in it, a key of another kind than the bounds, or an unknown
 * partition name.
 */
export type RouteRefusal = 'key-missing' | 'key-not-scalar' | 'key-not-comparable' | 'unknown-partition';

/** Routing override of an emitter for all its events, whatever their payloads hold. */
export interface RoutingOverride {
  /** Their key as text, in the form in which envelopes show it; null: each event's own. */
  readonly key: string | null;
  /** Their partition, whatever the routing decides; null: the routing decides. */
  readonly to: string | null;
}

export const NO_OVERRIDE: RoutingOverride = { key: null, to: null };

/** A routing rule: pure, and stable across versions, because stored events were placed by it. */
export interface Rule {
  /** The fields it reads, in the order in which it requests them from the line. */
  readonly fields: readonly FieldPath[];
  /** The line's partition, or why there is none. */
  route(line: RoutableLine): PartitionId | RouteRefusal;
  /** The key of the line as text, null if the routing reads none. */
  keyOf(line: RoutableLine): string | null;
}

/** What determines a line's partition: a placed key, a missing key, or the rule. */
export type RouteCause = 'placed' | 'missing' | 'rule';

/**
 * A rule with everything that precedes it, for one emission: placements, the partition for events without a key, the
 * emitter's override.
 */
export interface Router extends Rule {
  causeOf(line: RoutableLine): RouteCause;
  /**
   * Set if earlier events decide: `route` then serves only lines without a session. Null if each line is routed by
   * itself.
   */
  readonly sessions: SessionRouter | null;
  /** The partition of every line, whatever it holds; null if they differ. */
  readonly everyLineTo: PartitionId | null;
  /** Key given for all events, stored with them. */
  readonly givenKey: string | null;
  /** Partition given for all events; null if the routing decides. */
  readonly sentTo: PartitionId | null;
}

/** @throws LedgerError for an invalid key or partition */
export type RouterFactory = (routing: RoutingInForce, override?: RoutingOverride) => Router;
