/**
 * Holds events back until they are due: a stage between history and the output. Events that are due together are
 * delivered together, and none early.
 */

import type { BatchPage, EventBatch } from '../../model/events/event.ts';
import type { Timer } from '../../model/time/timer.ts';
import { decide } from '../decide.ts';
import type { Pace } from './pace.ts';
import { pacedLane } from './paced-lane.ts';
import type { Playback } from './playback.ts';

export interface Pacing {
  /** Null: everything is due at once, and only the player holds it back. */
  readonly pace: Pace | null;
  readonly timer: Timer;
  readonly playback: Playback;
  readonly signal?: AbortSignal | undefined;
}

/** A slow consumer gets its events late; those that became due meanwhile arrive as one batch. */
export async function* paced(
  pages: AsyncIterable<BatchPage>,
  { pace, timer, playback, signal }: Pacing,
): AsyncGenerator<BatchPage, void, undefined> {
  let startMs: number | null = null;
  for await (const page of pages) {
    const dues = duesOf(page, pace);
    let fed = 0;
    while (fed < dues.length) {
      if (signal?.aborted) return;
      const clockMs = timer.nowMs() - playback.heldMs;
      startMs ??= clockMs;
      // a step does not wait: the event is due now, and later ones count from here
      if (playback.isPaused && playback.capacity > 0) startMs = Math.min(startMs, clockMs - (dues[fed] as number));
      const runMs = clockMs - startMs;
      const { feeds, wakeAt } = decide(
        [{ capacity: playback.capacity, slots: 1, lanes: [pacedLane(dues, fed, runMs)] }],
        runMs,
      );
      const count = feeds[0]?.events ?? 0;
      if (count === 0) {
        await wait(wakeAt === null ? Number.POSITIVE_INFINITY : wakeAt - runMs, { timer, playback, signal });
        continue;
      }
      playback.spend(count);
      yield cut(page, fed, fed + count);
      fed += count;
    }
  }
}

function duesOf(page: BatchPage, pace: Pace | null): Float64Array {
  const dues = new Float64Array(page.reduce((sum, { count }) => sum + count, 0));
  if (pace === null) return dues;
  let at = 0;
  for (const { times } of page) {
    dues.set(pace.dues(times), at);
    at += times.length;
  }
  return dues;
}

/** The events `[from, to)` of a page. */
function cut(page: BatchPage, from: number, to: number): EventBatch[] {
  const parts: EventBatch[] = [];
  let start = 0;
  for (const batch of page) {
    const end = start + batch.count;
    if (start < to && end > from) parts.push(batch.slice(Math.max(from - start, 0), Math.min(to, end) - start));
    start = end;
  }
  return parts;
}

/** Waits until the time has passed, a key is pressed, or the signal aborts. */
async function wait(ms: number, { timer, playback, signal }: Omit<Pacing, 'pace'>): Promise<void> {
  const wake = new AbortController();
  const onWake = (): void => wake.abort();
  const stopListening = playback.onChange(onWake);
  signal?.addEventListener('abort', onWake);
  if (signal?.aborted) onWake();
  try {
    await timer.wait(ms, wake.signal);
  } finally {
    stopListening();
    signal?.removeEventListener('abort', onWake);
  }
}
