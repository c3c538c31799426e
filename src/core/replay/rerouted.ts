/**
 * Compares two routings over history, event by event: where the one in force sends it and where another one would.
 * Writes nothing.
 */

import type { History } from '../model/events/history.ts';
import type { SequenceRange } from '../model/events/range.ts';
import { LedgerError } from '../model/ledger-error.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import { KeySample } from './key-sample.ts';
import { readRange } from './read-range.ts';

/** Where a payload goes; null if it would be a bad line. `storedIn`: the partition it is stored in. */
export type Route = (
  payload: Buffer,
  storedIn: PartitionId,
) => { readonly partition: PartitionId | null; readonly key: string | null };

export interface ReroutedReport {
  /** First sequence examined: 1, unless a sample was asked for or what is before it was dropped. */
  readonly from: number;
  /** Events examined. */
  readonly events: number;
  /** Events that would go to another partition. */
  readonly moved: number;
  /** Events that the new routing would reject as bad lines. */
  readonly refused: number;
  /** Distinct keys of the routing in force; null if it has none. */
  readonly keys: number | null;
  /** Keys with an event that would go to another partition. */
  readonly movedKeys: number | null;
  /** Whether both counts are estimates from a sample, because there are too many keys to keep in memory. */
  readonly areKeysEstimated: boolean;
  /** Events by partition id. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export interface Rerouting {
  readonly before: Route;
  readonly after: Route;
  /** Of all partitions, existing and planned. */
  readonly partitionCount: number;
}

/** Over what is left of the range, if its beginning was dropped. */
export async function rerouted(
  history: History,
  range: SequenceRange,
  rerouting: Rerouting,
  signal?: AbortSignal,
): Promise<ReroutedReport> {
  try {
    return await compared(history, range, rerouting, signal);
  } catch (error) {
    const next = error instanceof LedgerError && error.code === 'HISTORY_DROPPED' ? error.details['next'] : undefined;
    if (typeof next !== 'number') throw error;
    return compared(history, { ...range, from: next }, rerouting, signal);
  }
}

async function compared(
  history: History,
  range: SequenceRange,
  { before, after, partitionCount }: Rerouting,
  signal?: AbortSignal,
): Promise<ReroutedReport> {
  const counts = { events: 0, moved: 0, refused: 0 };
  const eventsBefore = new Array<number>(partitionCount).fill(0);
  const eventsAfter = new Array<number>(partitionCount).fill(0);
  const keys = new KeySample();
  for await (const page of readRange(history, { range, partitions: null, verify: false, signal })) {
    for (const batch of page) {
      for (let at = 0; at < batch.count; at++) {
        const payload = batch.payload(at);
        const now = before(payload, batch.partition(at));
        const then = after(payload, batch.partition(at));
        const isMoved = now.partition !== null && then.partition !== null && now.partition !== then.partition;
        counts.events++;
        if (isMoved) counts.moved++;
        if (then.partition === null) counts.refused++;
        else eventsAfter[then.partition] = (eventsAfter[then.partition] as number) + 1;
        if (now.partition !== null) eventsBefore[now.partition] = (eventsBefore[now.partition] as number) + 1;
        if (now.key !== null) keys.add(now.key, isMoved);
      }
    }
  }
  signal?.throwIfAborted();
  const { isEstimate, count, marked } = keys.counts();
  const known = count > 0;
  return {
    from: range.from,
    ...counts,
    keys: known ? count : null,
    movedKeys: known ? marked : null,
    areKeysEstimated: isEstimate,
    before: eventsBefore,
    after: eventsAfter,
  };
}
