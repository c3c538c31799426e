/** Counts late events: in all the history that is at hand, or in a sample of it, so that the cost does not grow with the ledger. */

import type { Ledger } from '../../ledger/ledger.ts';
import type { SequenceRange } from '../../model/events/range.ts';
import type { Micros } from '../../model/time/time.ts';
import type { TimeZone } from '../../model/time/time-zone.ts';
import { archivedRuns } from '../archive.ts';
import { eventsIn, spreadOver } from './events-in.ts';
import { ownTimeReader } from './own-time.ts';

export interface LateEventsOptions {
  /** Ends it: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Events that carry an earlier time than the one they are recorded at. */
export interface LateEvents {
  /** Events that were read for these figures: all that are at hand, or a sample that is spread evenly. */
  readonly examined: number;
  readonly isSample: boolean;
  /** Late ones among them. */
  readonly late: number;
  /** By how much the latest of them is late; 0 if none is. */
  readonly latenessMax: Micros;
}

/** Up to this many events all are read: 0.06 s. */
const READ_WHOLE_MAX = 50_000;
/** Of larger ledgers. Each run reads at least one commit, which may have 2 MiB. */
const SAMPLE_RUNS = 20;
const SAMPLE_RUN_EVENTS = 1000;

/**
 * Null if events have the time of their arrival. Dropped history, and segments that are not at hand, are passed over.
 * @throws LedgerError VERIFICATION_FAILED for events that are damaged
 */
export function lateEvents(
  ledger: Ledger,
  zone: TimeZone | null,
  { signal }: LateEventsOptions,
): Promise<LateEvents | null> {
  return ledger.snapshot(async (snapshot) => {
    const ownTime = ownTimeReader(snapshot.identity.config, zone);
    if (ownTime === null) return null;
    const readable = await readableHistory(snapshot);
    const total = readable.reduce((sum, range) => sum + lengthOf(range), 0);
    const isSample = total > READ_WHOLE_MAX;
    const found = { examined: 0, isSample, late: 0, latenessMax: 0 };
    for (const range of isSample ? readable.flatMap((each) => sampleOf(each, total)) : readable)
      for await (const batch of eventsIn(snapshot, range, signal)) {
        found.examined += batch.count;
        for (let at = 0; at < batch.count; at++) {
          const time = batch.times[at] as number;
          const lateness = time - (ownTime(batch.payload(at)) ?? time);
          if (lateness <= 0) continue;
          found.late++;
          found.latenessMax = Math.max(found.latenessMax, lateness);
        }
      }
    return found;
  });
}

/** Ranges of sequences, in order. */
async function readableHistory(ledger: Ledger): Promise<SequenceRange[]> {
  const { sequence: through } = await ledger.head();
  const runs = await archivedRuns(ledger);
  const archived = runs.filter(({ isAtHand }) => isAtHand).map(({ range }) => range);
  const from = runs.at(-1)?.range.through ?? (await ledger.firstSequence()) - 1;
  return from < through ? [...archived, { from: from + 1, through }] : archived;
}

/** Its share of the sample. */
function sampleOf(range: SequenceRange, total: number): SequenceRange[] {
  const length = lengthOf(range);
  const runs = Math.max(2, Math.round((SAMPLE_RUNS * length) / total));
  return length <= runs * SAMPLE_RUN_EVENTS ? [range] : spreadOver(range, runs, SAMPLE_RUN_EVENTS);
}

function lengthOf({ from, through }: SequenceRange): number {
  return through - from + 1;
}
