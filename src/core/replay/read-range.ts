/** Reads history in order, page by page. Read-only: never appends or moves a cursor. */

import { LineGatherer } from '../frames/line-gatherer.ts';
import { type BatchPage, EventBatch } from '../model/events/event.ts';
import { type History, pageBytes } from '../model/events/history.ts';
import type { SequenceRange } from '../model/events/range.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import { Turns } from './turns.ts';

/** Below this many events the WebAssembly kernel costs more than it saves: it must be loaded and compiled first. */
const KERNEL_FROM_BYTES = 256 * 1024;

export interface RangeRead {
  readonly range: SequenceRange;
  /** Null: all partitions. */
  readonly partitions: readonly PartitionId[] | null;
  readonly verify: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Reads a range whose events all exist. */
export type ReadRange = (range: SequenceRange) => AsyncGenerator<BatchPage, void, undefined>;

/**
 * Reads a fixed range to its end.
 * @throws LedgerError VERIFICATION_FAILED before any event of a corrupt commit is delivered
 */
export async function* readRange(
  history: History,
  { range, partitions, verify, signal }: RangeRead,
): AsyncGenerator<BatchPage, void, undefined> {
  if (range.from > range.through) return;
  let gatherer: LineGatherer | null = null;
  const turns = new Turns();
  for await (const page of history.pages({ range, partitions, verify })) {
    if (signal?.aborted) return;
    if (gatherer === null && pageBytes(page) >= KERNEL_FROM_BYTES) gatherer = new LineGatherer();
    const cut = gatherer?.forPage(page) ?? null;
    // a page holds whole commits; those at the ends of the range are cut to it
    if (page.commits.length > 0) yield page.commits.map((commit) => EventBatch.of(commit, range, cut));
    // prefetched pages resolve without yielding; if a filter drops them all the event loop would starve, so yield every
    // 20 ms
    if (turns.isOver) await turns.give();
  }
}

/**
 * Reads from `from` to the head, then follows until the signal aborts. `grown` resolves when there is an event after a
 * sequence.
 */
export async function* follow(
  history: History,
  from: number,
  read: ReadRange,
  {
    grown,
    signal,
  }: { grown(sequence: number, signal?: AbortSignal): Promise<void>; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<BatchPage, void, undefined> {
  let delivered = from - 1;
  while (!signal?.aborted) {
    const { sequence } = await history.head();
    if (sequence > delivered) {
      yield* read({ from: delivered + 1, through: sequence });
      delivered = sequence;
    } else {
      await grown(delivered, signal);
    }
  }
}
