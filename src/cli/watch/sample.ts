/** One look at a ledger: what moves in it, and when that was seen. Nothing stays open behind it. */

import {
  type Completengine,
  type GroupDescription,
  type LedgerGauges,
  type LedgerIdentity,
  type Micros,
  systemClock,
} from '../../index.ts';

export interface Sample {
  /** By a clock that never steps back. */
  readonly atMs: number;
  /** By the clock on the wall. */
  readonly now: Micros;
  readonly identity: LedgerIdentity;
  readonly gauges: LedgerGauges;
  readonly groups: readonly GroupDescription[];
}

/** `behind`: the look before, from which growth is counted. */
export async function takeSample(engine: Completengine, behind: Sample | null): Promise<Sample> {
  const atMs = performance.now();
  const gauges = await engine.gauges(behind?.gauges.head.sequence ?? null);
  const groups = await engine.groups();
  return { atMs, now: systemClock.nowMicros(), identity: engine.identity, gauges, groups };
}
