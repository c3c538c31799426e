/**
 * Joins ledger and emission for duplicates: finds the positions of events that were stored before, many of them with
 * few reads.
 */

import type { LocateEvents } from '../emission/commit/commit-batcher.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { StoredCommit } from '../model/events/commit.ts';
import { EventBatch } from '../model/events/event.ts';
import { LedgerError } from '../model/ledger-error.ts';

/** Sequences this close together are read as one range, bounded by the bytes of a page. */
const RANGE_MAX = 4096;

type Place = Awaited<ReturnType<LocateEvents>>[number];

/** @throws LedgerError VERIFICATION_FAILED for a sequence that the ledger does not hold, and as reading does */
export function locating(ledger: Pick<Ledger, 'read' | 'identity'>): LocateEvents {
  return async (sequences) => {
    const wanted = [...new Set(sequences)].sort((one, other) => one - other);
    const places = new Map<number, Place>();
    let next = 0;
    while (next < wanted.length) {
      const from = wanted[next] as number;
      let end = next + 1;
      while (end < wanted.length && (wanted[end] as number) < from + RANGE_MAX) end++;
      const { commits } = await ledger.read({
        range: { from, through: wanted[end - 1] as number },
        partitions: null,
        verify: false,
      });
      const before = next;
      for (const commit of commits) next = place(commit, wanted, next, places, ledger);
      if (next === before) throw notThere(from);
    }
    return sequences.map((sequence) => places.get(sequence) as Place);
  };
}

/** Records the wanted events that the commit contains; returns the index of the first one after it. */
function place(
  commit: StoredCommit,
  wanted: readonly number[],
  next: number,
  places: Map<number, Place>,
  { identity }: Pick<Ledger, 'identity'>,
): number {
  const { firstSequence, frames } = commit;
  const lastSequence = firstSequence + frames.reduce((sum, { count }) => sum + count, 0) - 1;
  let at = next;
  if ((wanted[at] ?? Number.POSITIVE_INFINITY) > lastSequence) return at;
  const batch = EventBatch.of(commit, { from: firstSequence, through: lastSequence });
  const { sequences, offsets, times } = batch;
  for (; at < wanted.length && (wanted[at] as number) <= lastSequence; at++) {
    const sequence = wanted[at] as number;
    const row = sequence - firstSequence;
    if (sequences[row] !== sequence) throw notThere(sequence);
    const partition = identity.partitions[batch.partition(row)]?.name ?? '';
    places.set(sequence, { sequence, partition, offset: offsets[row] as number, time: times[row] as number });
  }
  return at;
}

function notThere(sequence: number): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `an id was committed at sequence ${sequence}, but no event is there`,
    hint: 'verify the ledger: completengine inspect --verify',
    details: { sequence },
  });
}
