/** The payloads of parked events, in their order: those that lie near one another are read together, because a commit is read as a whole. */

import type { Completengine, ParkedEventDescription } from '../index.ts';

/** Events between two parked ones that are read and passed by; further apart each is looked up by itself. */
const GAP_EVENTS_MAX = 1000;

/** `parked`: by sequence. @throws LedgerError INVALID_RANGE for one that the ledger does not have */
export async function* payloadsOfParked(
  engine: Completengine,
  parked: readonly ParkedEventDescription[],
): AsyncGenerator<{ readonly event: ParkedEventDescription; readonly payload: Buffer }, void, undefined> {
  for (const run of runsOf(parked)) {
    const waiting = run.values();
    let next = waiting.next();
    const range = { fromSequence: run[0]?.sequence, throughSequence: run.at(-1)?.sequence, determinism: 'relaxed' } as const;
    for await (const { sequence, payload } of engine.replay(range)) {
      if (next.done || sequence !== next.value.sequence) continue;
      yield { event: next.value, payload };
      next = waiting.next();
    }
    // it says which sequence is missing
    if (!next.done) await engine.event(next.value.sequence);
  }
}

function runsOf(parked: readonly ParkedEventDescription[]): ParkedEventDescription[][] {
  const runs: ParkedEventDescription[][] = [];
  for (const event of parked) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run === undefined || last === undefined || event.sequence - last.sequence > GAP_EVENTS_MAX) runs.push([event]);
    else run.push(event);
  }
  return runs;
}
