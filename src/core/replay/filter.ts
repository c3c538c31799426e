/** Leaves out what was not asked for: a stage between history and the output. */

import type { EventBatch } from '../model/event.ts';
import type { BatchPage } from './retell.ts';

/** Whether an event of a batch is told. */
export type Keeps = (batch: EventBatch, at: number) => boolean;

/** The same pages, whose batches hold what is kept. */
export async function* filtered(pages: AsyncIterable<BatchPage>, keeps: Keeps): AsyncGenerator<BatchPage, void, undefined> {
  for await (const page of pages) yield page.map((batch) => batch.filter((at) => keeps(batch, at)));
}
