/** Leaves out what was not asked for: a stage between history and the output. */

import type { BatchPage, EventBatch } from '../model/event.ts';

/** Whether an event of a batch is told. */
export type Keeps = (batch: EventBatch, at: number) => boolean;

/** A page whose batches hold what is kept. */
export function keptOf(page: BatchPage, keeps: Keeps): BatchPage {
  return page.map((batch) => batch.filter((at) => keeps(batch, at)));
}

/** The same pages, whose batches hold what is kept. */
export async function* filtered(pages: AsyncIterable<BatchPage>, keeps: Keeps): AsyncGenerator<BatchPage, void, undefined> {
  for await (const page of pages) yield keptOf(page, keeps);
}
