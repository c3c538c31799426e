/** Builds one tail: its filter, and the end of history that it reads. */

import type { BatchPage } from '../model/events/event.ts';
import { readTail, type TailProgress, type TailRequest } from '../replay/read-tail.ts';
import { type FilterRequest, rangeReader } from './filter.ts';
import type { ReplayParts } from './replay.ts';

export interface TailOptions extends TailRequest, FilterRequest {
  /** Names of partitions; default all. */
  readonly partitions?: readonly string[] | undefined;
  /** IANA zone of dates and of times without one. Default UTC; a time without a zone is then rejected. */
  readonly zone?: string | undefined;
  /** Called after each delivery, and when the tail reaches the head: also past events that were filtered out. */
  readonly onProgress?: ((progress: TailProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type TailParts = Pick<ReplayParts, 'ledger' | 'clock' | 'filter' | 'select' | 'startWatching' | 'grown' | 'onRange'>;

export function tailing(parts: TailParts, options: TailOptions): () => AsyncGenerator<BatchPage, void, undefined> {
  const { ledger, clock, filter, grown, onRange } = parts;
  const { signal, onProgress, zone } = options;
  return async function* pages() {
    const accepts = await filter.load();
    const partitions = await parts.select();
    const read = rangeReader(ledger, options, { partitions, verify: false, signal });
    // start watching before reading the head, or a commit in between would be missed
    const stopWatching = options.follow || options.idleMs !== undefined ? parts.startWatching() : null;
    try {
      yield* readTail(
        ledger,
        options,
        { read, partitions, accepts, grown, onRange, onProgress, signal },
        { now: clock.nowMicros(), zone },
      );
    } finally {
      stopWatching?.();
    }
  };
}
