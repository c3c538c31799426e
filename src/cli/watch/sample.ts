/** Takes a sample of a ledger. No transaction stays open. */

import { type Completengine, systemClock } from '../../index.ts';
import type { Sample } from '../../views/sample.ts';

/** `previous`: the sample before, from which growth is counted. */
export async function takeSample(engine: Completengine, previous: Sample | null): Promise<Sample> {
  const atMs = performance.now();
  const gauges = await engine.gauges(previous?.gauges.head.sequence ?? null);
  const groups = await engine.groups();
  return { atMs, now: systemClock.nowMicros(), identity: engine.identity, gauges, groups };
}
