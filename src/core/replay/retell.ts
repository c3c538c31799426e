/** The lateral line: re-tells history in order, page by page. It reads only: nothing here appends or moves a cursor. */

import { EventBatch } from '../model/event.ts';
import type { History } from '../model/history.ts';
import type { PartitionId } from '../model/partition.ts';
import type { SequenceRange } from '../model/range.ts';

export interface Retelling {
  readonly range: SequenceRange;
  /** Null: all of them. */
  readonly partitions: readonly PartitionId[] | null;
  readonly verify: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The batches of one page, in sequence order, each the events of one commit. */
export type BatchPage = readonly EventBatch[];

/** A range that is fixed: everything in it, then the end. @throws LedgerError VERIFICATION_FAILED before anything of a broken commit is told. */
export async function* retell(history: History, { range, partitions, verify, signal }: Retelling): AsyncGenerator<BatchPage, void, undefined> {
  let next: number | null = range.from <= range.through ? range.from : null;
  while (next !== null && !signal?.aborted) {
    const page = await history.read({ range: { from: next, through: range.through }, partitions, verify });
    // a page holds whole commits; those at the ends of the range are cut to it
    const batches = page.commits.map((commit) => new EventBatch(commit, range)).filter((batch) => batch.count > 0);
    if (batches.length > 0) yield batches;
    next = page.next;
  }
}

/** From `from` to the head, then on as history grows, until the signal aborts. `grown` resolves when there is something behind a sequence. */
export async function* follow(
  history: History,
  from: number,
  retelling: Omit<Retelling, 'range'>,
  grown: (sequence: number, signal?: AbortSignal) => Promise<void>,
): AsyncGenerator<BatchPage, void, undefined> {
  let told = from - 1;
  while (!retelling.signal?.aborted) {
    const { sequence } = await history.head();
    if (sequence > told) {
      yield* retell(history, { ...retelling, range: { from: told + 1, through: sequence } });
      told = sequence;
    } else {
      await grown(told, retelling.signal);
    }
  }
}
