/** Compares what a draft was built on with the index: unique ids, and the pins of its sessions. Pure. */

import type { CommitDraft } from '../../../model/events/commit.ts';
import { type Pin, pinsHoldSince } from '../../../model/routing/session-pins.ts';
import { knownIds } from '../../protocol/append.ts';
import type { StoredFacts } from '../../protocol/commit-check.ts';
import { type LogState, NO_PRODUCER } from '../fold/log-state.ts';
import { pinsOf } from '../format/marks.ts';
import type { MarkIndex } from './mark-index.ts';

/** The pins of these sessions that are valid in the epoch in force. */
export function validPins(sessions: readonly string[], index: MarkIndex, state: LogState): Pin[] {
  const since = pinsHoldSince(state.epochs) ?? Number.POSITIVE_INFINITY;
  const { partitionIds } = state.ledger.epoch;
  return sessions.flatMap((session) => {
    const pin = index.pinOf(session);
    if (pin === undefined || pin.epoch < since || !partitionIds.includes(pin.partition)) return [];
    return [{ session, partition: pin.partition, lastSeen: pin.lastSeen }];
  });
}

/** What is stored about the names in a draft. */
export function factsOf(draft: Omit<CommitDraft, 'frames'>, index: MarkIndex, state: LogState): StoredFacts {
  const { producer, ids, pins } = draft;
  const drafted = draft.epoch === state.ledger.epoch.epoch ? pinsOf(pins) : [];
  return {
    producer: producer && (state.producers.get(producer.name) ?? NO_PRODUCER),
    known: knownIds(ids, (id) => index.idOf(id)),
    pins: drafted.flatMap(({ session, lastSeenBefore }) =>
      validPins([session], index, state).filter(({ lastSeen }) => lastSeen !== lastSeenBefore),
    ),
  };
}
