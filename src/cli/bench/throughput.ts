/** Computes rates of whole runs over the input. */

import { LedgerError } from '../../index.ts';
import type { Start, Throughput } from './document.ts';
import { median, roundMs } from './samples.ts';
import type { Stage } from './stage.ts';

/** Returns the throughput at the median run. */
export function toThroughput(
  { settings }: Stage,
  runs: readonly { wallMs: number }[],
  { emitOneMs }: Start,
): Throughput {
  const roundsMs = runs.map(({ wallMs }) => roundMs(wallMs));
  const wallMs = median(roundsMs);
  const netMs = wallMs - emitOneMs;
  return {
    wallMs,
    eventsPerSecond: perSecond(settings.events, wallMs),
    bytesPerSecond: perSecond(settings.events * settings.lineBytes, wallMs),
    // for an input that takes less time than a start, the rest is noise
    netEventsPerSecond: netMs > emitOneMs ? perSecond(settings.events, netMs) : null,
    roundsMs,
  };
}

/** The error for a run that did not process all events: it has no valid figure. */
export function incomplete(verb: string, events: number, expected: number): LedgerError {
  return new LedgerError('INTERNAL', {
    message: `${verb} processed ${events} of ${expected} events`,
    hint: 'please report this',
  });
}

function perSecond(count: number, ms: number): number {
  return Math.round((count * 1000) / ms);
}
