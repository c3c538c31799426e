/** The end of a ledger as the commit protocol sees it: what the next commit is checked against and linked to. No I/O. */

import type { Head } from '../../model/events/head.ts';
import type { RoutingInForce } from '../../model/routing/routing.ts';
import type { Micros } from '../../model/time/time.ts';

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

export function headOf({ sequence, time, hash }: LedgerState): Head {
  return { sequence, time, hash: hash.toString('hex') };
}

export function routingOf({ epoch, partitionNames, placements }: LedgerState): RoutingInForce {
  return { epoch, partitionNames, placements };
}
