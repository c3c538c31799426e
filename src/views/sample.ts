/** A sample of a ledger: its changing values, and the time at which they were read. */

import type { GroupDescription, LedgerGauges, LedgerIdentity, Micros } from '../index.ts';

export interface Sample {
  /** By the monotonic clock. */
  readonly atMs: number;
  /** By the wall clock. */
  readonly now: Micros;
  readonly identity: LedgerIdentity;
  readonly gauges: LedgerGauges;
  readonly groups: readonly GroupDescription[];
}
