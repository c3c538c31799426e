/** Ends a stream after its first events: a stage between the filter and the output. */

import type { BatchPage, EventBatch } from '../model/events/event.ts';

/** The first `wanted` events of a page. */
export function firstOf(page: BatchPage, wanted: number): BatchPage {
  if (wanted === Number.POSITIVE_INFINITY) return page;
  const delivered: EventBatch[] = [];
  let left = wanted;
  for (const batch of page) {
    if (left <= 0) break;
    delivered.push(batch.slice(0, Math.min(left, batch.count)));
    left -= batch.count;
  }
  return delivered;
}

/** The same pages through event number `limit`; nothing more is read then. */
export async function* limited(
  pages: AsyncIterable<BatchPage>,
  limit: number,
): AsyncGenerator<BatchPage, void, undefined> {
  let left = limit;
  if (left <= 0) return;
  for await (const page of pages) {
    const delivered = firstOf(page, left);
    yield delivered;
    left -= delivered.reduce((sum, { count }) => sum + count, 0);
    if (left <= 0) return;
  }
}
