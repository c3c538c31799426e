/** Appends one draft: the order of the commit protocol, the same for every storage. No I/O of its own. */

import type { Basis, CommitDraft, CommitOutcome, KnownId, UniqueId } from '../../model/events/commit.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import { checkCommitTime } from '../../model/time/commit-time.ts';
import type { Micros } from '../../model/time/time.ts';
import { checkCommit, type StoredFacts } from './commit-check.ts';
import { type LinkedCommit, linkCommit, toCommitted } from './commit-link.ts';
import { basisOf, type LedgerState, loadsOf } from './ledger-state.ts';

/** What the routing of sessions depends on. */
export interface SessionTarget<State extends LedgerState> {
  /** The offset that the next event of the partition gets. */
  nextOffset(state: State, partition: PartitionId): number;
  /** Whether any pin of a session is stored; asked only if the routing is sticky. */
  hasPins(): boolean;
}

/** What a storage reads and writes for an append, within one transaction. */
export interface AppendTarget<State extends LedgerState, Draft extends CommitDraft = CommitDraft>
  extends SessionTarget<State> {
  readonly identity: { readonly uuid: string; readonly createdAt: Micros };
  /** The present state. */
  readonly state: State;
  /** What is stored about the names in the draft. */
  facts(draft: CommitDraft, state: State): StoredFacts;
  /** Writes the rows of a commit. Returns the state after it. */
  write(commit: LinkedCommit, draft: Draft, state: State): State;
}

/**
 * Commits the draft or answers with the differences that its builder needs; writes nothing then.
 * @throws LedgerError CLOCK_UNUSABLE, INTERNAL for a draft that breaks an invariant
 */
export function append<State extends LedgerState, Draft extends CommitDraft>(
  draft: Draft,
  target: AppendTarget<State, Draft>,
): CommitOutcome {
  const { state, identity } = target;
  checkCommitTime(draft.committedAt, Math.max(identity.createdAt, state.time, state.committedAt), draft.isClockTrusted);
  const differences = checkCommit(draft, state, target.facts(draft, state));
  if (differences !== null) return { kind: 'conflict', basis: basisAt(state, target), ...differences };
  const commit = linkCommit(draft, state, identity.uuid, (partition) => target.nextOffset(state, partition));
  const after = target.write(commit, draft, state);
  return toCommitted(commit, after, loadsAt(after, target));
}

/** What the next draft is built on, as of the present state. */
export function basisAt<State extends LedgerState>(state: State, target: SessionTarget<State>): Basis {
  return basisOf(state, loadsAt(state, target), () => target.hasPins());
}

function loadsAt<State extends LedgerState>(state: State, target: SessionTarget<State>): number[] | null {
  return loadsOf(state, (partition) => target.nextOffset(state, partition));
}

/** The ids of a draft that are stored already. `find`: the sequence and payload hash stored with an id. */
export function knownIds(
  ids: readonly UniqueId[],
  find: (id: string) => { readonly sequence: number; readonly hash: Buffer } | undefined,
): KnownId[] {
  return ids.flatMap(({ id, hash, index }) => {
    const known = find(id);
    return known === undefined ? [] : [{ index, id, sequence: known.sequence, isRepeat: known.hash.equals(hash) }];
  });
}
