/** Decides whether a draft may be committed in the ledger's present state, and otherwise which differences its builder needs. Pure: storage passes in the stored facts. */

import type { CommitDraft, Conflict, KnownId, ProducerPosition, ProducerStep } from '../../model/events/commit.ts';
import { checkExpectedHead } from '../../model/events/head.ts';
import type { Pin } from '../../model/routing/session-pins.ts';
import type { Micros } from '../../model/time/time.ts';
import { headOf, type LedgerState } from './ledger-state.ts';

/** Stored facts about the names in a draft. */
export interface StoredFacts {
  /** Stored position of the draft's producer; null if the draft names none. */
  readonly producer: ProducerPosition | null;
  /** Ids of the draft that were committed before. */
  readonly known: readonly KnownId[];
  /** Stored pins of the draft's sessions that differ from those it was built on. */
  readonly pins: readonly Pin[];
}

/** What the check asks of a draft. */
export type CheckedDraft = Pick<CommitDraft, 'epoch' | 'firstTime' | 'hasArrivalTime' | 'expectedHead'> & {
  readonly pins: Pick<CommitDraft['pins'], 'timeShiftMax'>;
  readonly producer: Pick<ProducerStep, 'from'> | null;
};

/**
 * Returns null if the draft may be committed as it is: its epoch is in force, none of its events is older than the head, its producer is stored up to where
 * the draft continues, and none of its ids or pins is stored with another value. An arrival time before the head's time is no conflict: {@link timeShiftOf} raises it,
 * unless that would end a pin of the draft.
 * @throws LedgerError HEAD_CONFLICT if the draft expects another head
 */
export function checkCommit(
  draft: CheckedDraft,
  state: LedgerState,
  { producer, known, pins }: StoredFacts,
): Omit<Conflict, 'kind' | 'basis'> | null {
  if (draft.expectedHead !== undefined) checkExpectedHead(draft.expectedHead, headOf(state));
  const isLate =
    draft.firstTime < state.time && (!draft.hasArrivalTime || timeShiftOf(draft, state.time) > draft.pins.timeShiftMax);
  const hasMoved = producer !== null && producer.position !== draft.producer?.from;
  const isSameEpoch = draft.epoch === state.epoch.epoch;
  if (isSameEpoch && !isLate && !hasMoved && known.length === 0 && pins.length === 0) return null;
  return { known, producer, pins };
}

/** The shift that raises a draft's arrival time to the head's time; 0 if it is later, or if events carry times of their own. */
export function timeShiftOf(draft: Pick<CommitDraft, 'hasArrivalTime' | 'firstTime'>, headTime: Micros): Micros {
  return draft.hasArrivalTime ? Math.max(0, headTime - draft.firstTime) : 0;
}

/** What the invariants of a commit are about. */
interface DraftShape extends Pick<CommitDraft, 'count' | 'firstTime' | 'lastTime'> {
  /** `bytes`: length of the body. */
  readonly frames: readonly (Omit<CommitDraft['frames'][number], 'body' | 'key'> & { readonly bytes: number })[];
}

/**
 * The invariants of a commit: it is not empty, its frames are in the order of their partitions and cover it exactly, and no frame's time lies outside of it.
 * Returns what is wrong, or null.
 */
export function draftFault(draft: DraftShape, partitionCount: number): string | null {
  if (draft.count <= 0) return 'a commit is empty';
  if (draft.lastTime < draft.firstTime) return 'time steps back within a commit';
  let events = 0;
  let before = -1;
  for (const { partition, count, bytes, firstTime, lastTime } of draft.frames) {
    if (partition <= before || partition >= partitionCount)
      return 'the frames of a commit are not in the order of their partitions';
    if (count <= 0 || bytes <= count) return 'a frame is empty';
    if (firstTime < draft.firstTime || lastTime > draft.lastTime || firstTime > lastTime)
      return "a frame's times lie outside of its commit";
    before = partition;
    events += count;
  }
  return events === draft.count ? null : 'the frames of a commit do not cover it';
}
