/**
 * Surveys a ledger for a report: everything as of one moment, in time that hardly grows with the ledger. Small ledgers are read once, whole; of large
 * ones positions are read instead of events, and the lateness of a sample.
 */

import type { ArchivedRun } from '../../ledger/archives.ts';
import type { Ledger, LedgerDescription } from '../../ledger/ledger.ts';
import type { EventLabels } from '../../model/events/event-labels.ts';
import { toEvent } from '../../model/events/event-labels.ts';
import type { LedgerEvent } from '../../model/events/ledger-event.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { Micros } from '../../model/time/time.ts';
import type { TimeZone } from '../../model/time/time-zone.ts';
import { archivedRuns } from '../archive.ts';
import { GroupAdmin, type GroupDescription } from '../group-admin.ts';
import { labelsOf } from '../labels.ts';
import { type BucketScale, bucketScale } from './bucket-width.ts';
import { type CommitFigures, commitFigures } from './commit-figures.ts';
import { countByTime } from './count-by-time.ts';
import { EventTally, type LateFigures } from './event-tally.ts';
import { eventsIn, spreadOver } from './events-in.ts';
import { ownTimeReader } from './own-time.ts';
import { type ParkedFigures, parkedFigures } from './parked-reasons.ts';

/** Each partition has an array of them. */
const BUCKETS_LIMIT = 10_000;

export interface SurveyOptions {
  /** Most buckets of the time axis, at most 10,000. Default {@link BUCKETS_MAX}. */
  readonly bucketsMax?: number | undefined;
  /** Ends it: it rejects with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

/** Events by time and partition. */
interface TimeFigures extends BucketScale {
  /** By partition id and bucket. */
  readonly events: readonly Float64Array[];
}

export interface LedgerSurvey {
  /** When it was taken, by the clock. */
  readonly at: Micros;
  readonly description: Omit<LedgerDescription, 'warnings'>;
  readonly archived: readonly ArchivedRun[];
  readonly groups: readonly GroupDescription[];
  readonly parked: ParkedFigures;
  readonly commits: CommitFigures;
  /** The first sequence of the history that is at hand: 1, unless earlier events were dropped or their segments moved away. */
  readonly from: number;
  /** Time of its event; null if there is none, or it cannot be read. */
  readonly firstTime: Micros | null;
  /** Null if there are fewer than two times. */
  readonly time: TimeFigures | null;
  /** Null if events have the time of their arrival. */
  readonly late: LateFigures | null;
  /** When each epoch's first event was recorded, by epoch; null if there is none, or it is not at hand. */
  readonly epochTimes: readonly (Micros | null)[];
  /** The last events, the latest first. */
  readonly lastEvents: readonly LedgerEvent[];
  /** Why events could not be read, if some could not: what depends on them is empty then. */
  readonly unreadable: string | null;
}

/** Up to this many events all are read: 0.3 s for 200,000. */
const READ_WHOLE_MAX = 250_000;
/** A sample of larger ledgers, spread evenly over their sequences. */
const SAMPLE_RUNS = 100;
const SAMPLE_RUN_EVENTS = 1000;
const COMMITS_MAX = 1_000_000;
const LAST_EVENTS = 12;
const EPOCHS_MAX = 50;

/** @throws LedgerError as opening and reading do; events that are damaged are reported in `unreadable` */
export function surveying(
  ledger: Ledger,
  clock: Clock,
  zone: TimeZone | null,
  options: SurveyOptions,
): Promise<LedgerSurvey> {
  return ledger.snapshot((snapshot) => surveySnapshot(snapshot, clock, zone, options));
}

async function surveySnapshot(
  ledger: Ledger,
  clock: Clock,
  zone: TimeZone | null,
  options: SurveyOptions,
): Promise<LedgerSurvey> {
  const { signal } = options;
  const at = clock.nowMicros();
  const description = await ledger.describe();
  const labels = labelsOf(ledger);
  const admin = new GroupAdmin(ledger, clock, labels);
  const groups = await admin.groups();
  const parked = await parkedFigures(admin, groups);
  const archived = await archivedRuns(ledger);
  const commits = commitFigures(await ledger.lastCommits(COMMITS_MAX));
  signal?.throwIfAborted();
  const read = await readEvents(ledger, description, { ...options, labels, zone });
  return { at, description, archived, groups, parked, commits, ...read };
}

type EventFacts = Pick<
  LedgerSurvey,
  'from' | 'firstTime' | 'time' | 'late' | 'epochTimes' | 'lastEvents' | 'unreadable'
>;

interface ReadOptions extends SurveyOptions {
  readonly labels: EventLabels;
  /** Of times without an offset. */
  readonly zone: TimeZone | null;
}

async function readEvents(
  ledger: Ledger,
  description: LedgerSurvey['description'],
  options: ReadOptions,
): Promise<EventFacts> {
  const { head } = description;
  const nothing: EventFacts = {
    ...{ from: await ledger.firstSequence(), firstTime: null, time: null, late: null },
    ...{ epochTimes: [], lastEvents: [], unreadable: null },
  };
  if (head.sequence === 0) return nothing;
  for (let from = nothing.from; ; ) {
    try {
      return await readFrom(ledger, from, description, options);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      const next = error.details['next'];
      const isGone = error.code === 'ARCHIVE_MISSING' || error.code === 'HISTORY_DROPPED';
      if (isGone && typeof next === 'number' && next > from && next <= head.sequence) from = next;
      else if (isGone || error.code === 'VERIFICATION_FAILED') return { ...nothing, from, unreadable: error.message };
      else throw error;
    }
  }
}

async function readFrom(
  ledger: Ledger,
  from: number,
  description: LedgerSurvey['description'],
  options: ReadOptions,
): Promise<EventFacts> {
  const { head, partitions } = description;
  const { epochs, config } = ledger.identity;
  const { signal, bucketsMax, labels, zone } = options;
  const through = head.sequence;
  const firstTime = await timeAt(ledger, from);
  const scale =
    firstTime === null || firstTime === head.time
      ? null
      : bucketScale(firstTime, head.time, bucketsMax === undefined ? undefined : Math.min(bucketsMax, BUCKETS_LIMIT));
  const ownTime = ownTimeReader(config, zone);
  const tally = new EventTally(scale, partitions.length, ownTime);
  const isWhole = through - from + 1 <= READ_WHOLE_MAX;
  if (isWhole) for await (const batch of eventsIn(ledger, { from, through }, signal)) tally.take(batch);
  else if (ownTime !== null)
    for (const run of spreadOver({ from, through }, SAMPLE_RUNS, SAMPLE_RUN_EVENTS))
      for await (const batch of eventsIn(ledger, run, signal)) tally.take(batch);
  const ends = partitions.map(({ nextOffset }) => nextOffset);
  const events =
    scale === null || isWhole ? tally.counts : await countByTime(ledger, scale, { start: from, head: through, ends });
  const lastEvents: LedgerEvent[] = [];
  const last = { from: Math.max(from, through - LAST_EVENTS + 1), through };
  for await (const batch of eventsIn(ledger, last, signal))
    for (let at = 0; at < batch.count; at++) lastEvents.unshift(toEvent(batch, at, labels));
  const epochTimes: (Micros | null)[] = [];
  for (const [nth, { fromSequence }] of epochs.entries()) {
    const isShown = nth >= epochs.length - EPOCHS_MAX && fromSequence >= from && fromSequence <= through;
    epochTimes.push(isShown ? await timeAt(ledger, fromSequence) : null);
  }
  const time = scale === null ? null : { ...scale, events };
  return { from, firstTime, time, late: tally.late(), epochTimes, lastEvents, unreadable: null };
}

async function timeAt(ledger: Ledger, sequence: number): Promise<Micros | null> {
  for await (const batch of eventsIn(ledger, { from: sequence, through: sequence }, undefined))
    if (batch.count > 0) return batch.times[0] as number;
  return null;
}
