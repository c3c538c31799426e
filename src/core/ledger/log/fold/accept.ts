/** Decides whether a proposal is accepted by the state before it, by the comparisons of every storage, and links its commits. Pure. */

import type { ProducerPosition } from '../../../model/events/commit.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { CommitLink } from '../../protocol/chain.ts';
import { checkCommit, draftFault } from '../../protocol/commit-check.ts';
import { type LinkedCommit, linkHashed, stateAfter } from '../../protocol/commit-link.ts';
import type { LedgerState } from '../../protocol/ledger-state.ts';
import type { Proposal, ProposedCommit, ProposedFrame } from '../format/messages.ts';
import { framesBefore } from '../format/places.ts';
import type { LogMessage } from '../ordered-log.ts';
import { isGuarded } from './guarded.ts';
import { type Genesis, type LogState, NO_PRODUCER, type VoidReason } from './log-state.ts';

/** A writer's clock may be this far ahead of the log's: one that is wrong must not raise the floor of all others. */
const CLOCK_AHEAD_MAX: Micros = 60e6;

/** A commit of the chain, and where its bodies are. */
export interface FoldedCommit {
  /** Of the message with its link. */
  readonly position: number;
  readonly epoch: number;
  /** Ledger time before it; times in its bodies that are earlier count as this one. */
  readonly floor: Micros;
  /** Its columns; times are raised. */
  readonly link: CommitLink;
  readonly hash: Buffer;
  /** Its frames as they were proposed: frame n is frame n of the link. */
  readonly frames: readonly ProposedFrame[];
  readonly marks: ProposedCommit['marks'];
  /** Microseconds added to an arrival time. */
  readonly timeShift: Micros;
}

export interface Accepted {
  readonly commits: readonly FoldedCommit[];
  readonly ledger: LedgerState;
}

/** The commits of a proposal whose turn it is, linked to the state; or why it is void. Changes nothing. */
export function accept(
  proposal: Proposal,
  { position, storedAt }: Pick<LogMessage, 'position' | 'storedAt'>,
  state: Pick<LogState, 'ledger' | 'partitions' | 'producers' | 'lastId' | 'frames'>,
  genesis: Genesis,
): Accepted | VoidReason {
  const { base, commits } = proposal;
  const before = framesBefore(commits).length;
  /** Of its first message: known to a writer before it knows how many frames it will have. */
  const first = position - before;
  if (proposal.epoch !== state.ledger.epoch.epoch) return 'epoch';
  const lastId = state.frames.length > before ? null : state.lastId;
  if (base === null ? isGuarded(state.ledger, genesis) : base.position !== first - 1 || base.id !== lastId)
    return 'overtaken';
  if (commits.some(({ committedAt }) => committedAt > storedAt + CLOCK_AHEAD_MAX)) return 'clock';
  return linkAll(proposal, { position, first }, state, genesis.ledger.uuid);
}

/** Links commits one after the other, as long as each fits the one before it. */
function linkAll(
  { commits, epoch, isStrict }: Pick<Proposal, 'commits' | 'epoch' | 'isStrict'>,
  { position, first }: { readonly position: number; readonly first: number },
  state: Pick<LogState, 'ledger' | 'partitions' | 'producers'>,
  uuid: string,
): Accepted | VoidReason {
  let { ledger } = state;
  const offsets = new Map<number, number>();
  const producers = new Map<string, ProducerPosition>();
  const folded: FoldedCommit[] = [];
  for (const commit of commits) {
    const { producer } = commit;
    const stored = producer && (producers.get(producer.name) ?? state.producers.get(producer.name) ?? NO_PRODUCER);
    if (draftFault(commit, ledger.partitionNames.length) !== null) return 'malformed';
    const draft = { ...commit, epoch, hasArrivalTime: commit.hasArrivalTime || !isStrict, pins: NO_LIMIT };
    if (checkCommit(draft, ledger, { producer: stored, known: [], pins: [] }) !== null)
      return stored !== null && stored.position !== producer?.from ? 'producer' : 'late';
    const nextOffset = (partition: number) =>
      offsets.get(partition) ?? (state.partitions[partition]?.nextOffset as number);
    const linked = linkHashed(commit, ledger, uuid, nextOffset, { position: first, marks: commit.marks?.hash ?? null });
    folded.push(toFolded(commit, linked, position, epoch, ledger.time));
    for (const frame of linked.link.frames) offsets.set(frame.partition, frame.offset + frame.count);
    if (producer !== null) producers.set(producer.name, producer);
    ledger = stateAfter(ledger, linked);
  }
  return { commits: folded, ledger };
}

/** Pins are compared by their writer, at the very position: see `write/guarded-writer.ts`. */
const NO_LIMIT = { timeShiftMax: Number.POSITIVE_INFINITY };

function toFolded(
  { frames, marks }: ProposedCommit,
  { link, hash, timeShift }: LinkedCommit,
  position: number,
  epoch: number,
  floor: Micros,
): FoldedCommit {
  return { position, epoch, floor, link, hash, frames, marks, timeShift };
}
