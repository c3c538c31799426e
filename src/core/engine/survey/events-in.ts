/** Reads events for figures, page by page, on the ledger's own connection: threads that read ahead would not see the same moment. */

import type { Ledger } from '../../ledger/ledger.ts';
import { EventBatch } from '../../model/events/event.ts';
import type { SequenceRange } from '../../model/events/range.ts';

/** @throws LedgerError ARCHIVE_MISSING, HISTORY_DROPPED, VERIFICATION_FAILED, and the signal's reason */
export async function* eventsIn(
  ledger: Ledger,
  range: SequenceRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventBatch, void, undefined> {
  for (let from: number | null = range.from; from !== null; ) {
    signal?.throwIfAborted();
    const page = await ledger.read({ range: { ...range, from }, partitions: null, verify: false });
    for (const commit of page.commits) yield EventBatch.of(commit, range);
    from = page.next;
  }
}

/** `runs` stretches of `length` events, spread evenly over a longer range. */
export function spreadOver({ from, through }: SequenceRange, runs: number, length: number): SequenceRange[] {
  const step = (through - from + 1 - length) / (runs - 1);
  return Array.from({ length: runs }, (_, run) => {
    const start = from + Math.floor(run * step);
    return { from: start, through: start + length - 1 };
  });
}
