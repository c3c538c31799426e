/** Turns a draft that was checked into the next link of the chain: the columns of its rows, its hash, and the head after it. Pure. */

import type { CommitDraft, Committed, FrameDraft } from '../../model/events/commit.ts';
import { invariant } from '../../model/ledger-error.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import { type CommitLink, type FrameLink, hashBody, hashCommit, type LogPlace } from './chain.ts';
import { draftFault, timeShiftOf } from './commit-check.ts';
import { headOf, type LedgerState } from './ledger-state.ts';

export interface LinkedCommit {
  /** Every column of the commit and its frames except its hash and the bodies. Frame n belongs to the draft's body n. */
  readonly link: CommitLink;
  /** Chain hash of the commit. */
  readonly hash: Buffer;
  /** Microseconds added to the draft's times. */
  readonly timeShift: Micros;
}

/** A draft whose bodies are known by their lengths and hashes alone. */
export interface HashedDraft
  extends Pick<
    CommitDraft,
    'count' | 'firstTime' | 'lastTime' | 'hasArrivalTime' | 'committedAt' | 'producer' | 'sentTo'
  > {
  readonly frames: readonly (Omit<FrameDraft, 'body'> & { readonly bytes: number; readonly hash: Buffer })[];
}

export function hashDraft(draft: CommitDraft): HashedDraft {
  const frames = draft.frames.map(({ body, ...frame }) => ({ ...frame, bytes: body.length, hash: hashBody(body) }));
  return { ...draft, frames };
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
  return linkHashed(hashDraft(draft), state, uuid, nextOffset);
}

/** As {@link linkCommit}, without the bodies. `place`: in a log. */
export function linkHashed(
  draft: HashedDraft,
  state: LedgerState,
  uuid: string,
  nextOffset: (partition: PartitionId) => number,
  place?: Pick<LogPlace, 'position' | 'marks'>,
): LinkedCommit {
  const fault = draftFault(draft, state.partitionNames.length);
  invariant(fault === null, fault ?? '');
  // Times older than the head are raised to it. All events of a draft with an arrival time share one, so bodies need no rewrite; only a log takes others.
  const raised = (time: Micros): Micros => Math.max(time, state.time);
  const firstSequence = state.sequence + 1;
  const frames: FrameLink[] = draft.frames.map((frame) => ({
    partition: frame.partition,
    sequence: firstSequence,
    offset: nextOffset(frame.partition),
    count: frame.count,
    firstTime: raised(frame.firstTime),
    lastTime: raised(frame.lastTime),
    key: frame.key,
    hash: frame.hash,
  }));
  const link: CommitLink = {
    firstSequence,
    count: draft.count,
    firstTime: raised(draft.firstTime),
    lastTime: raised(draft.lastTime),
    committedAt: draft.committedAt,
    producer: draft.producer?.name ?? null,
    producerPosition: draft.producer?.position ?? null,
    producerDigest: draft.producer?.digest ?? null,
    sentTo: draft.sentTo,
    frames,
  };
  const inLog =
    place === undefined
      ? undefined
      : { ...place, floor: state.time, draftedTimes: draft.frames.map(({ firstTime }) => firstTime) };
  return { link, hash: hashCommit(state.hash, uuid, link, inLog), timeShift: timeShiftOf(draft, state.time) };
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

/** The answer to the emitter, when the commit is stored. `late`: events whose own time was raised. */
export function toCommitted(
  { link }: Pick<LinkedCommit, 'link'>,
  after: Pick<LedgerState, 'sequence' | 'time' | 'hash'>,
  loads: readonly number[] | null,
  late = 0,
): Committed {
  const { firstSequence, count, firstTime, lastTime, frames } = link;
  const offsets = frames.map(({ offset }) => offset);
  return { kind: 'committed', firstSequence, count, firstTime, lastTime, late, offsets, head: headOf(after), loads };
}
