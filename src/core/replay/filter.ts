/** Drops unwanted events: a stage between history and the output. */

import type { BatchPage, EventBatch } from '../model/events/event.ts';
import { Turns } from './turns.ts';

/** Whether an event of a batch is kept. */
export type EventPredicate = (batch: EventBatch, at: number) => boolean;

/** Reading the clock costs 1/30 of examining an event; four of the largest events take less than a second. */
const EVENTS_BETWEEN_CHECKS = 4;

/**
 * Indexes of the kept rows of a batch, ascending; null after an abort. Yields to the event loop however many events it
 * drops.
 */
export async function acceptedRows(
  batch: EventBatch,
  accepts: EventPredicate,
  turns: Turns,
  signal?: AbortSignal,
): Promise<Uint32Array | null> {
  const { count } = batch;
  const rows = new Uint32Array(count);
  let kept = 0;
  for (let at = 0; at < count; at++) {
    if (accepts(batch, at)) rows[kept++] = at;
    if (at % EVENTS_BETWEEN_CHECKS !== 0 || !turns.isOver) continue;
    await turns.give();
    if (signal?.aborted) return null;
  }
  return rows.subarray(0, kept);
}

/** A page with only the kept events; null after an abort. */
export async function filterPage(
  page: BatchPage,
  accepts: EventPredicate,
  turns: Turns,
  signal?: AbortSignal,
): Promise<BatchPage | null> {
  const kept: EventBatch[] = [];
  for (const batch of page) {
    const rows = await acceptedRows(batch, accepts, turns, signal);
    if (rows === null) return null;
    kept.push(batch.pick(rows));
  }
  return kept;
}

/** The same pages with only the kept events. */
export async function* filtered(
  pages: AsyncIterable<BatchPage>,
  accepts: EventPredicate,
  signal?: AbortSignal,
): AsyncGenerator<BatchPage, void, undefined> {
  const turns = new Turns();
  for await (const page of pages) {
    const kept = await filterPage(page, accepts, turns, signal);
    if (kept === null) return;
    yield kept;
  }
}
