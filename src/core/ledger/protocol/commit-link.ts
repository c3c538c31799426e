/** Turns a draft that was checked into the next link of the chain: the columns of its rows, its hash, and the head after it. Pure. */

import type { CommitDraft, Committed } from '../../model/events/commit.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import { type CommitLink, type FrameLink, hashBody, hashCommit } from './chain.ts';
import { assertDraft, timeShiftOf } from './commit-check.ts';
import { headOf, type LedgerState } from './ledger-state.ts';

export interface LinkedCommit {
  /** Every column of the commit and its frames except its hash and the bodies. Frame n belongs to the draft's body n. */
  readonly link: CommitLink;
  /** Chain hash of the commit. */
  readonly hash: Buffer;
  /** Microseconds added to the draft's times. */
  readonly timeShift: Micros;
}

/**
 * Links a draft to the state that it was checked against. `nextOffset`: of each partition, the number of events in it.
 * @throws LedgerError INTERNAL for a draft that breaks an invariant
 */
export function linkCommit(
  draft: CommitDraft,
  state: LedgerState,
  uuid: string,
  nextOffset: (partition: PartitionId) => number,
): LinkedCommit {
  assertDraft(draft, state.partitionNames.length);
  // Arrival times older than the head are raised to it. All events of such a draft share one time, so bodies need no rewrite.
  const timeShift = timeShiftOf(draft, state.time);
  const firstTime = draft.firstTime + timeShift;
  const firstSequence = state.sequence + 1;
  const frames: FrameLink[] = draft.frames.map((frame) => ({
    partition: frame.partition,
    sequence: firstSequence,
    offset: nextOffset(frame.partition),
    count: frame.count,
    firstTime: frame.firstTime + timeShift,
    lastTime: frame.lastTime + timeShift,
    key: frame.key,
    hash: hashBody(frame.body),
  }));
  const link: CommitLink = {
    firstSequence,
    count: draft.count,
    firstTime,
    lastTime: Math.max(draft.lastTime, firstTime),
    committedAt: draft.committedAt,
    producer: draft.producer?.name ?? null,
    producerPosition: draft.producer?.position ?? null,
    producerDigest: draft.producer?.digest ?? null,
    sentTo: draft.sentTo,
    frames,
  };
  return { link, hash: hashCommit(state.hash, uuid, link), timeShift };
}

/** The state after the commit; routing changes only with an epoch. */
export function stateAfter<State extends LedgerState>(state: State, { link, hash }: LinkedCommit): State {
  return {
    ...state,
    sequence: link.firstSequence + link.count - 1,
    time: link.lastTime,
    committedAt: link.committedAt,
    hash,
  };
}

/** The answer to the emitter, when the commit is stored. */
export function toCommitted({ link }: LinkedCommit, after: LedgerState, loads: readonly number[] | null): Committed {
  const { firstSequence, count, firstTime, lastTime, frames } = link;
  const offsets = frames.map(({ offset }) => offset);
  return { kind: 'committed', firstSequence, count, firstTime, lastTime, offsets, head: headOf(after), loads };
}
