/** Decides whether a draft may be committed on the ledger's present state, or what its builder must learn first. Pure: storage passes in what it found. */

import type { CommitDraft, Conflict, KnownId, ProducerPosition } from '../../model/events/commit.ts';
import { invariant } from '../../model/ledger-error.ts';
import type { Pin } from '../../model/routing/session-pins.ts';
import type { Micros } from '../../model/time/time.ts';
import type { LedgerState } from './ledger-state.ts';

/** What storage holds about the names in a draft. */
export interface StoredFacts {
  /** How far the draft's producer is stored; null where the draft names none. */
  readonly producer: ProducerPosition | null;
  /** Ids of the draft that were committed before. */
  readonly known: readonly KnownId[];
  /** Pins of the draft's sessions that differ from what the draft took them to be. */
  readonly pins: readonly Pin[];
}

/**
 * Null where the draft may be committed as it is: its epoch is in force, no event of it lies before the head's time, its producer stands where the draft
 * continues, and none of its ids or pins is stored otherwise. An arrival time before the head's time is no conflict: {@link timeShiftOf} raises it,
 * unless a pin of the draft would end by that.
 */
export function checkCommit(
  draft: CommitDraft,
  state: LedgerState,
  { producer, known, pins }: StoredFacts,
): Omit<Conflict, 'kind' | 'basis'> | null {
  const isLate =
    draft.firstTime < state.time && (!draft.hasArrivalTime || timeShiftOf(draft, state.time) > draft.pins.timeShiftMax);
  const hasMoved = producer !== null && producer.position !== draft.producer?.from;
  const isSameEpoch = draft.epoch === state.epoch.epoch;
  if (isSameEpoch && !isLate && !hasMoved && known.length === 0 && pins.length === 0) return null;
  return { known, producer, pins };
}

/** What raises a draft's arrival time to the head's time; 0 where it is later, or where events carry times of their own. */
export function timeShiftOf(draft: CommitDraft, headTime: Micros): Micros {
  return draft.hasArrivalTime ? Math.max(0, headTime - draft.firstTime) : 0;
}

/**
 * The invariants of a commit: it is not empty, its frames are in the order of their partitions and cover it exactly, and no frame's time lies outside of it.
 * @throws LedgerError INTERNAL
 */
export function assertDraft(draft: CommitDraft, partitionCount: number): void {
  invariant(draft.count > 0, 'a commit is empty');
  invariant(draft.lastTime >= draft.firstTime, 'time steps back within a commit');
  let events = 0;
  let before = -1;
  for (const frame of draft.frames) {
    invariant(
      frame.partition > before && frame.partition < partitionCount,
      'the frames of a commit are not in the order of their partitions',
    );
    invariant(frame.count > 0 && frame.body.length > frame.count, 'a frame is empty');
    invariant(
      frame.firstTime >= draft.firstTime && frame.lastTime <= draft.lastTime && frame.firstTime <= frame.lastTime,
      "a frame's times lie outside of its commit",
    );
    before = frame.partition;
    events += frame.count;
  }
  invariant(events === draft.count, 'the frames of a commit do not cover it');
}
