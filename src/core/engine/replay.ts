/** One replay, joined: its range, the pages of it, and the stages in between that were asked for, in the order in which events pass them. */

import type { Ledger } from '../ledger/ledger.ts';
import type { Determinism } from '../model/config.ts';
import type { BatchPage } from '../model/events/event.ts';
import type { SequenceRange } from '../model/events/range.ts';
import { invalidArgument } from '../model/ledger-error.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { Clock } from '../model/time/clock.ts';
import type { Micros } from '../model/time/time.ts';
import type { Timer } from '../model/time/timer.ts';
import { filtered } from '../replay/filter.ts';
import { follow } from '../replay/read-range.ts';
import { hasEnd, type RangeRequest, resolveRange } from '../replay/resolve-range.ts';
import { type PaceRequest, readPace } from '../scheduler/pacing/pace.ts';
import { paced } from '../scheduler/pacing/paced.ts';
import { Playback } from '../scheduler/pacing/playback.ts';
import { type EventFilter, type FilterRequest, rangeReader } from './filter.ts';

export interface ReplayOptions extends RangeRequest, FilterRequest, PaceRequest {
  /** Names of partitions; default all. */
  readonly partitions?: readonly string[] | undefined;
  /** `strict` verifies the chain while reading. Default: as the ledger was made. */
  readonly determinism?: Determinism | undefined;
  /** IANA zone of dates and of times without one. Default UTC, and a time without a zone is refused. */
  readonly zone?: string | undefined;
  /** At the head it goes on with what comes, until the signal aborts. The range has no end then. */
  readonly follow?: boolean | undefined;
  /** Pauses, resumes and steps while it runs. */
  readonly playback?: Playback | undefined;
  /** When the range is fixed, and after each delivery. */
  readonly onProgress?: ((progress: ReplayProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReplayProgress {
  /** What is told, by sequence; `through` is null where it follows. */
  readonly from: number;
  readonly through: number | null;
  /** Delivered so far. */
  readonly events: number;
  /** Of the last event delivered; null before the first. */
  readonly sequence: number | null;
  readonly time: Micros | null;
}

type Pages = AsyncGenerator<BatchPage, void, undefined>;

/** What a replay needs of its engine. */
export interface ReplayParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly filter: EventFilter;
  /** The partitions asked for, null for all of them. @throws LedgerError UNKNOWN_PARTITION */
  readonly select: () => Promise<readonly PartitionId[] | null>;
  readonly verify: boolean;
  /** Nothing through this sequence is told: it was told before. */
  readonly behind: number;
  /** Looks at commits of others until it is called; then `grown` resolves when there is something behind a sequence. */
  readonly startWatching: () => () => void;
  readonly grown: (sequence: number, signal?: AbortSignal) => Promise<void>;
}

/** The sequences that a replay would tell now. @throws LedgerError INVALID_RANGE, INVALID_TIME, INVALID_ARGUMENT */
export async function fixRange(parts: ReplayParts, options: ReplayOptions): Promise<SequenceRange> {
  // made and thrown away: what is wrong with the options is told
  replaying(parts, options);
  await parts.filter.load();
  const { ledger, clock } = parts;
  return resolveRange(options, ledger, { now: clock.nowMicros(), zone: options.zone });
}

/** What is wrong with the options is told before anything is read. @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
export function replaying(parts: ReplayParts, options: ReplayOptions): () => Pages {
  const { ledger, timer, filter } = parts;
  const { signal, playback } = options;
  const pace = readPace(options);
  if (options.follow && hasEnd(options))
    throw invalidArgument('a replay that follows has no end', 'leave the end of the range out, or do not follow');
  const now = parts.clock.nowMicros();
  return async function* pages() {
    const accepts = await filter.load();
    // watching begins before the head is read, or a commit in between would be missed
    const stopWatching = options.follow ? parts.startWatching() : null;
    try {
      const asked = await resolveRange(options, ledger, { now, zone: options.zone });
      const range = { from: Math.max(asked.from, parts.behind + 1), through: asked.through };
      const read = rangeReader(ledger, options, { partitions: await parts.select(), verify: parts.verify, signal });
      let delivered = options.follow ? follow(ledger, range.from, read, { grown: parts.grown, signal }) : read(range);
      if (accepts !== null) delivered = filtered(delivered, accepts, signal);
      if (pace !== null || playback !== undefined)
        delivered = paced(delivered, { pace, timer, playback: playback ?? new Playback({ timer }), signal });
      yield* options.onProgress === undefined
        ? delivered
        : counted(delivered, options.follow ? { from: range.from, through: null } : range, options.onProgress);
    } finally {
      stopWatching?.();
    }
  };
}

/** Who asks for the next page has dealt with the one before. */
async function* counted(
  pages: Pages,
  range: Pick<ReplayProgress, 'from' | 'through'>,
  onProgress: (progress: ReplayProgress) => void,
): Pages {
  let progress: ReplayProgress = { ...range, events: 0, sequence: null, time: null };
  onProgress(progress);
  for await (const page of pages) {
    yield page;
    for (const { span } of page) {
      if (span !== null)
        progress = {
          ...progress,
          events: progress.events + span.count,
          sequence: span.lastSequence,
          time: span.lastTime,
        };
    }
    onProgress(progress);
  }
}
