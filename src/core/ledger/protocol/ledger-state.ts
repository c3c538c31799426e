/** State at the end of a ledger: the next commit is checked against it and linked to it. No I/O. */

import type { Basis } from '../../model/events/commit.ts';
import type { Head } from '../../model/events/head.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { RoutingInForce } from '../../model/routing/routing.ts';
import { type Micros, TIME_MIN } from '../../model/time/time.ts';

export interface LedgerState extends RoutingInForce {
  /** Last sequence; 0 in an empty ledger. */
  readonly sequence: number;
  /** Ledger time of the last event; TIME_MIN in an empty ledger. */
  readonly time: Micros;
  /** When the last commit was made, by its emitter's clock; TIME_MIN in an empty ledger. */
  readonly committedAt: Micros;
  /** Hash of the last link: a commit, or an epoch that begins after it. */
  readonly hash: Buffer;
}

/** The end of a ledger without commits. */
export const EMPTY_LEDGER = { sequence: 0, time: TIME_MIN, committedAt: TIME_MIN } as const;

/** By partition: its events, or Infinity where it takes no keys. Sessions are routed by these; null unless the routing is sticky. */
export function loadsOf(
  { epoch, partitionNames }: RoutingInForce,
  nextOffset: (partition: PartitionId) => number,
): number[] | null {
  if (epoch.spec.rule !== 'sticky') return null;
  return partitionNames.map((_, partition) =>
    epoch.partitionIds.includes(partition) ? nextOffset(partition) : Number.POSITIVE_INFINITY,
  );
}

/** What the next draft is built on. `hasPins`: asked only if the routing is sticky. */
export function basisOf(state: LedgerState, loads: readonly number[] | null, hasPins: () => boolean): Basis {
  const sessions = loads === null ? null : { loads, hasPins: hasPins(), head: state.sequence };
  return { floor: state.time, ...routingOf(state), sessions };
}

export function headOf({ sequence, time, hash }: Pick<LedgerState, 'sequence' | 'time' | 'hash'>): Head {
  return { sequence, time, hash: hash.toString('hex') };
}

export function routingOf({ epoch, partitionNames, placements }: LedgerState): RoutingInForce {
  return { epoch, partitionNames, placements };
}
