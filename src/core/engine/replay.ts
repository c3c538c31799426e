/** Builds one replay: its range, its pages, and the requested stages in the order in which events pass them. */

import type { Ledger } from '../ledger/ledger.ts';
import type { Determinism } from '../model/config.ts';
import type { BatchPage } from '../model/events/event.ts';
import type { FixedRange, SequenceRange } from '../model/events/range.ts';
import { invalidArgument } from '../model/ledger-error.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { Clock } from '../model/time/clock.ts';
import type { Micros } from '../model/time/time.ts';
import type { Timer } from '../model/time/timer.ts';
import { filtered } from '../replay/filter.ts';
import { limited } from '../replay/limited.ts';
import { follow } from '../replay/read-range.ts';
import { hasEnd, type RangeRequest, resolveRange } from '../replay/resolve-range.ts';
import { type PaceRequest, readPace } from '../scheduler/pacing/pace.ts';
import { paced } from '../scheduler/pacing/paced.ts';
import { Playback } from '../scheduler/pacing/playback.ts';
import { type EventFilter, type FilterRequest, rangeReader } from './filter.ts';

export interface ReplayOptions extends RangeRequest, FilterRequest, PaceRequest {
  /** Names of partitions; default all. */
  readonly partitions?: readonly string[] | undefined;
  /** `strict` verifies the chain while reading. Default: as the ledger was created. */
  readonly determinism?: Determinism | undefined;
  /** IANA zone of dates and of times without one. Default UTC; a time without a zone is then rejected. */
  readonly zone?: string | undefined;
  /** At the head, continue with new events until the signal aborts. The range then has no end. */
  readonly follow?: boolean | undefined;
  /** Pauses, resumes and steps while it runs. */
  readonly playback?: Playback | undefined;
  /** Called when the range is fixed, and after each delivery. */
  readonly onProgress?: ((progress: ReplayProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReplayProgress {
  /** Sequences to deliver; `through` is null if it follows. */
  readonly from: number;
  readonly through: number | null;
  /** Events delivered so far. */
  readonly events: number;
  /** Sequence of the last delivered event; null before the first. */
  readonly sequence: number | null;
  readonly time: Micros | null;
}

type Pages = AsyncGenerator<BatchPage, void, undefined>;

/** Dependencies of a replay. */
export interface ReplayParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly filter: EventFilter;
  /** The requested partitions, null for all. @throws LedgerError UNKNOWN_PARTITION */
  readonly select: () => Promise<readonly PartitionId[] | null>;
  readonly verify: boolean;
  /** Nothing through this sequence is delivered. */
  readonly after: number;
  /**
   * Watches for commits of other processes until the returned function is called; `grown` then resolves when there is
   * an event after a sequence.
   */
  readonly startWatching: () => () => void;
  readonly grown: (sequence: number, signal?: AbortSignal) => Promise<void>;
  /** Called when the range is fixed. */
  readonly onRange: (range: FixedRange) => void;
}

/** The sequences that a replay would deliver now. @throws LedgerError INVALID_RANGE, INVALID_TIME, INVALID_ARGUMENT */
export async function fixRange(parts: ReplayParts, options: ReplayOptions): Promise<FixedRange> {
  // built and discarded: reports invalid options
  replaying(parts, options);
  await parts.filter.load();
  const { ledger, clock } = parts;
  return resolveRange(options, ledger, { now: clock.nowMicros(), zone: options.zone });
}

/** Reports invalid options before anything is read. @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
export function replaying(parts: ReplayParts, options: ReplayOptions): () => Pages {
  const { ledger, timer, filter } = parts;
  const { signal, playback } = options;
  const pace = readPace(options);
  if (options.follow && hasEnd(options))
    throw invalidArgument('a replay that follows has no end', 'omit the end of the range, or do not follow', 'follow');
  const now = parts.clock.nowMicros();
  return async function* pages() {
    const accepts = await filter.load();
    // start watching before reading the head, or a commit in between would be missed
    const stopWatching = options.follow ? parts.startWatching() : null;
    try {
      const asked = await resolveRange(options, ledger, { now, zone: options.zone });
      const range = { ...asked, from: Math.max(asked.from, parts.after + 1) };
      parts.onRange(range);
      const partitions = await parts.select();
      const read = rangeReader(ledger, options, { partitions, verify: parts.verify, signal });
      const isEvery = accepts === null && partitions === null;
      let delivered = options.follow
        ? follow(ledger, range.from, read, { grown: parts.grown, signal })
        : read(isEvery ? firstIn(range, options.limit) : range);
      if (accepts !== null) delivered = filtered(delivered, accepts, signal);
      if (options.limit !== undefined) delivered = limited(delivered, options.limit);
      if (pace !== null || playback !== undefined)
        delivered = paced(delivered, { pace, timer, playback: playback ?? new Playback({ timer }), signal });
      yield* options.onProgress === undefined
        ? delivered
        : counted(delivered, { from: range.from, through: options.follow ? null : range.through }, options.onProgress);
    } finally {
      stopWatching?.();
    }
  };
}

/** The part of a range that has its first events: sequences have no gaps. Ten events of a large ledger started a thread that read on, 90 ms of 150. */
function firstIn(range: SequenceRange, limit = Number.POSITIVE_INFINITY): SequenceRange {
  return { from: range.from, through: Math.min(range.through, range.from + limit - 1) };
}

/** A request for the next page means that the previous one was consumed. */
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
