/** What emission asks of a router. The rules are in `router/`. No I/O. */

import type { RoutableLine } from '../../scan/scanned-field.ts';
import type { FieldPath } from '../text/field-path.ts';
import type { PartitionId } from './partition.ts';
import type { RoutingInForce } from './routing.ts';
import type { SessionRouter } from './session-pins.ts';

/** Why a line goes nowhere: no such field, no key in it, a key of another kind than the bounds, a name that no partition has. */
export type RouteRefusal = 'key-missing' | 'key-not-scalar' | 'key-not-comparable' | 'unknown-partition';

/** What an emitter says of all its events, past what their payloads hold. */
export interface RoutingOverride {
  /** Their key as text, in the form in which envelopes show it; null: each event's own. */
  readonly key: string | null;
  /** The partition they go to, whatever the routing says; null: the routing decides. */
  readonly to: string | null;
}

export const NO_OVERRIDE: RoutingOverride = { key: null, to: null };

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
export type RouterFactory = (routing: RoutingInForce, given?: RoutingOverride) => Router;
