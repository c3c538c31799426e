/** One tail, joined: what picks its events, and the end of history that it tells. */

import type { BatchPage } from '../model/events/event.ts';
import { readTail, type TailProgress, type TailRequest } from '../replay/read-tail.ts';
import { type FilterRequest, rangeReader } from './filter.ts';
import type { ReplayParts } from './replay.ts';

export interface TailOptions extends TailRequest, FilterRequest {
  /** Names of partitions; default all. */
  readonly partitions?: readonly string[] | undefined;
  /** IANA zone of dates and of times without one. Default UTC, and a time without a zone is refused. */
  readonly zone?: string | undefined;
  /** After each delivery, and where it has come to the end of what there is: also past what is left out. */
  readonly onProgress?: ((progress: TailProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type TailParts = Pick<ReplayParts, 'ledger' | 'clock' | 'filter' | 'select' | 'startWatching' | 'grown'>;

export function tailing(parts: TailParts, options: TailOptions): () => AsyncGenerator<BatchPage, void, undefined> {
  const { ledger, clock, filter, grown } = parts;
  const { signal, onProgress, zone } = options;
  return async function* pages() {
    const accepts = await filter.load();
    const partitions = await parts.select();
    const read = rangeReader(ledger, options, { partitions, verify: false, signal });
    // watching begins before the head is read, or a commit in between would be missed
    const stopWatching = options.follow || options.idleMs !== undefined ? parts.startWatching() : null;
    try {
      yield* readTail(
        ledger,
        options,
        { read, partitions, accepts, grown, onProgress, signal },
        { now: clock.nowMicros(), zone },
      );
    } finally {
      stopWatching?.();
    }
  };
}
