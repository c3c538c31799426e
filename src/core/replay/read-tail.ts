/**
 * Reads the end of history and what follows: the last events, or those from a start on; up to the head, a time, or a
 * silence.
 */

import type { BatchPage } from '../model/events/event.ts';
import type { History } from '../model/events/history.ts';
import type { FixedRange, SequenceRange } from '../model/events/range.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { TimeContext } from '../model/time/time-expression.ts';
import { WAIT_MS_MAX } from '../model/time/timer.ts';
import { type EventPredicate, filterPage } from './filter.ts';
import { lastMatches } from './last-matches.ts';
import { firstOf } from './limited.ts';
import type { ReadRange } from './read-range.ts';
import { fixedRange, hasNamedEnd, type RangeRequest, reachOf, readBounds } from './resolve-range.ts';
import { Turns } from './turns.ts';

/** Its range, and how it goes on. No event before a requested sequence is delivered, even if that sequence does not exist yet. */
export interface TailRequest extends RangeRequest {
  /**
   * Number of last events to begin with, counted after filtering and within the range if there is one. Default 10; with
   * a range, all of it.
   */
  readonly last?: number | undefined;
  /** Continue with new events until the signal aborts. */
  readonly follow?: boolean | undefined;
  /** Continue with new events until nothing was delivered for this long. */
  readonly idleMs?: number | undefined;
}

export interface TailProgress {
  /** Everything through this sequence was delivered or filtered out. */
  readonly through: number;
}

/** How a tail reads: its source, its filter and its wake-up. */
export interface TailReading {
  readonly read: ReadRange;
  /** Partitions that `read` is limited to; null: all. */
  readonly partitions: readonly PartitionId[] | null;
  /** Null: no filter. */
  readonly accepts: EventPredicate | null;
  /** `grown` resolves when there is an event after a sequence, or the signal aborts. */
  grown(sequence: number, signal?: AbortSignal): Promise<void>;
  /** Called with the range as it is at the beginning. */
  onRange(range: FixedRange): void;
  readonly onProgress?: ((progress: TailProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const LAST = 10;

/** @throws LedgerError INVALID_ARGUMENT, INVALID_TIME */
export async function* readTail(
  history: History,
  request: TailRequest,
  reading: TailReading,
  context: TimeContext,
): AsyncGenerator<BatchPage, void, undefined> {
  const { read, accepts, signal, grown } = reading;
  const progress = new Progress(reading.onProgress);
  const bounds = await readBounds(request, history, context);
  const { start, end } = bounds;
  const isFollowing = request.follow === true || request.idleMs !== undefined;
  const reach = await reachOf(end, history);
  reading.onRange(fixedRange(bounds, reach));
  let { through, isFinal } = reach;
  let ranges = await beginning(request, { from: start.sequence, through }, history, reading);
  let next = Math.max(start.sequence, through + 1);
  // a time that no event has reached yet: those that come before it are not asked for
  let awaited = start.sequence > through ? start.time : null;
  let left = request.limit ?? Number.POSITIVE_INFINITY;
  // null until the tail has caught up: only then does silence count
  let silentSince: number | null = null;
  const turns = new Turns();
  for (;;) {
    for (const range of ranges) {
      for await (const page of read(range)) {
        const kept = accepts === null ? page : await filterPage(page, accepts, turns, signal);
        if (kept === null) return;
        const delivered = firstOf(kept, left);
        yield delivered;
        const count = delivered.reduce((sum, batch) => sum + batch.count, 0);
        // filtered events count as idle time, and so do commits to other partitions
        if (count > 0 && silentSince !== null) silentSince = performance.now();
        left -= count;
        progress.reached(left <= 0 ? delivered : page);
        if (left <= 0) return;
      }
    }
    if (signal?.aborted) return;
    progress.through(Math.min(next - 1, through));
    if (!isFollowing || isFinal) return;
    silentSince ??= performance.now();
    const silenceLeftMs = request.idleMs === undefined ? undefined : request.idleMs - (performance.now() - silentSince);
    if (silenceLeftMs !== undefined && silenceLeftMs <= 0) return;
    await waitFor((silence) => grown(next - 1, silence), signal, silenceLeftMs);
    if (signal?.aborted) return;
    ({ through, isFinal } = await reachOf(end, history));
    if (awaited !== null) next = Math.max(next, await history.sequenceAtTime(awaited));
    if (next <= through) awaited = null;
    ranges = next <= through ? [{ from: next, through }] : [];
    next = awaited === null ? Math.max(next, through + 1) : through + 1;
  }
}

/** Reports the progress of a tail, each step once. */
class Progress {
  readonly #deliver: ((progress: TailProgress) => void) | undefined;
  #through = -1;

  constructor(deliver: ((progress: TailProgress) => void) | undefined) {
    this.#deliver = deliver;
  }

  /** Reports the events of a page, and everything between them. */
  reached(page: BatchPage): void {
    if (this.#deliver === undefined) return;
    const span = page.findLast(({ count }) => count > 0)?.span;
    if (span) this.through(span.lastSequence);
  }

  through(sequence: number): void {
    if (sequence <= this.#through) return;
    this.#through = sequence;
    this.#deliver?.({ through: sequence });
  }
}

/** Ranges of existing history to deliver, ascending: all of it, or the last events. */
async function beginning(
  request: TailRequest,
  range: SequenceRange,
  history: History,
  reading: TailReading,
): Promise<SequenceRange[]> {
  const { read, accepts, partitions, signal } = reading;
  const { range: both, from, fromSequence } = request;
  const hasRange = hasNamedEnd(request) || [both, from, fromSequence].some((bound) => bound !== undefined);
  const count = request.last ?? (hasRange ? Number.MAX_SAFE_INTEGER : LAST);
  if (count === 0 || range.from > range.through) return [];
  if (count === Number.MAX_SAFE_INTEGER) return [range];
  if (accepts !== null) return lastMatches(read, accepts, range, count, signal);
  return [{ ...range, from: Math.max(range.from, await history.sequenceOfLast(count, partitions, range.through)) }];
}

async function waitFor(
  wait: (signal?: AbortSignal) => Promise<void>,
  signal: AbortSignal | undefined,
  silenceMsMax: number | undefined,
): Promise<void> {
  if (silenceMsMax === undefined) return wait(signal);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), Math.min(silenceMsMax, WAIT_MS_MAX));
  try {
    await wait(signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]));
  } finally {
    clearTimeout(timer);
  }
}
