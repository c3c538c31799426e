/** Takes a sample of a ledger: its changing values, and the time. No transaction stays open. */

import {
  type Completengine,
  type GroupDescription,
  type LedgerGauges,
  type LedgerIdentity,
  type Micros,
  systemClock,
} from '../../index.ts';

export interface Sample {
  /** By the monotonic clock. */
  readonly atMs: number;
  /** By the wall clock. */
  readonly now: Micros;
  readonly identity: LedgerIdentity;
  readonly gauges: LedgerGauges;
  readonly groups: readonly GroupDescription[];
}

/** `previous`: the sample before, from which growth is counted. */
export async function takeSample(engine: Completengine, previous: Sample | null): Promise<Sample> {
  const atMs = performance.now();
  const gauges = await engine.gauges(previous?.gauges.head.sequence ?? null);
  const groups = await engine.groups();
  return { atMs, now: systemClock.nowMicros(), identity: engine.identity, gauges, groups };
}
