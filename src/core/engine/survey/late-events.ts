/** Counts late events: in all the history that is at hand, or in a sample of it, so that the cost does not grow with the ledger. */

import type { Ledger, Sampling } from '../../ledger/ledger.ts';
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

/** Up to this many events all are read, if the ledger lets that be read: 0.06 s. */
const READ_WHOLE_MAX = 50_000;
/** Of larger ledgers. Each run reads at least one commit, which may have 2 MiB. */
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
    const isSample = total > READ_WHOLE_MAX || (await isLarge(snapshot));
    const { sampling } = snapshot;
    const ranges = isSample ? readable.flatMap((each) => sampleOf(each, total, sampling)) : readable;
    const found = { examined: 0, isSample, late: 0, latenessMax: 0 };
    for (const range of ranges) {
      let left = sampling.bytes / ranges.length;
      for await (const batch of eventsIn(snapshot, range, signal)) {
        found.examined += batch.count;
        for (let at = 0; at < batch.count; at++) {
          const payload = batch.payload(at);
          left -= payload.length;
          const time = batch.times[at] as number;
          const lateness = time - (ownTime(payload) ?? time);
          if (lateness <= 0) continue;
          found.late++;
          found.latenessMax = Math.max(found.latenessMax, lateness);
        }
        if (isSample && left <= 0) break;
      }
    }
    return found;
  });
}

/** Whether it has more than may be read for figures. */
async function isLarge(ledger: Ledger): Promise<boolean> {
  const { bytes } = ledger.sampling;
  if (bytes === Number.POSITIVE_INFINITY) return false;
  return (await ledger.summarize()).reduce((sum, partition) => sum + partition.bytes, 0) > bytes;
}

/** Ranges of sequences, in order. */
async function readableHistory(ledger: Ledger): Promise<SequenceRange[]> {
  const { sequence: through } = await ledger.head();
  const runs = await archivedRuns(ledger);
  const archived = runs.filter(({ isAtHand }) => isAtHand).map(({ range }) => range);
  const from = runs.at(-1)?.range.through ?? (await ledger.firstSequence()) - 1;
  return from < through ? [...archived, { from: from + 1, through }] : archived;
}

/** The runs in it, of those of all history. */
function sampleOf(range: SequenceRange, total: number, sampling: Sampling): SequenceRange[] {
  const length = lengthOf(range);
  const runs = Math.max(2, Math.round((sampling.runs * length) / total));
  if (length > runs * SAMPLE_RUN_EVENTS) return spreadOver(range, runs, SAMPLE_RUN_EVENTS);
  // few and large ones may not be read to the end
  const isCut = sampling.bytes < Number.POSITIVE_INFINITY && length >= runs;
  return isCut ? spreadOver(range, runs, Math.floor(length / runs)) : [range];
}

function lengthOf({ from, through }: SequenceRange): number {
  return through - from + 1;
}
