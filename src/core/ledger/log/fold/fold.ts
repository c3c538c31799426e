/**
 * Folds the messages of a log, one after the other, into a ledger: which of them are links of its chain, and what the ledger is after each. A function of the
 * messages alone, the same for every reader: no clock, no I/O. Bodies are needed of the beginning and of epochs only.
 */

import { LedgerError } from '../../../model/ledger-error.ts';
import { blake3 } from '../../../native/blake3.ts';
import type { EpochLink, LogPlace } from '../../protocol/chain.ts';
import { decideEpoch, linkEpoch } from '../../protocol/epoch-link.ts';
import type { LedgerState } from '../../protocol/ledger-state.ts';
import { readEpoch } from '../format/epoch.ts';
import {
  EPOCH_TOPIC,
  idOf,
  isProposal,
  type Proposal,
  type ProposedEpoch,
  SEAL_TOPIC,
  type Seen,
  type Who,
} from '../format/messages.ts';
import { framesBefore } from '../format/places.ts';
import { readProposal } from '../format/proposal.ts';
import { readSealHeader, type SealHeader } from '../format/seal.ts';
import type { LogMessage } from '../ordered-log.ts';
import { accept, type FoldedCommit } from './accept.ts';
import { addFrame, areLast, frameIn, linkFrames } from './frame-run.ts';
import {
  copyState,
  emptyPartition,
  type Genesis,
  type LogState,
  partitionLinks,
  tableOf,
  type VoidReason,
} from './log-state.ts';
import { SeenHeads } from './seen-heads.ts';
import { formatState } from './state-text.ts';
import { afterTurn, forgetSessions, SESSION_MESSAGES_MAX, turnOf } from './turns.ts';

/** When a seal is due, counted from the last time that one was. */
export interface SealEvery {
  readonly messages: number;
  readonly bytes: number;
}

const SEAL_EVERY: SealEvery = { messages: 4096, bytes: 64 * 1024 * 1024 };
/** Sessions are forgotten at positions that are multiples of this: the same ones for every reader. */
const FORGET_EVERY = 4096;
/** Points at which seals were due, whose digests are kept: the seal of one comes soon after it. */
const POINTS_MAX = 16;

/** What became of a message. */
export type Folded = { readonly position: number; readonly isSealDue: boolean } & (
  | { readonly kind: 'commits'; readonly who: Who; readonly commits: readonly FoldedCommit[] }
  | { readonly kind: 'epoch'; readonly id: string; readonly link: EpochLink; readonly place: LogPlace }
  /** `who` and `id`: of a proposal and of an epoch, if it can be read and was made for this ledger. */
  | { readonly kind: 'void'; readonly reason: VoidReason; readonly who: Who | null; readonly id: string | null }
  /** A message that proposes nothing. */
  | { readonly kind: 'note' }
);

type Outcome =
  | { readonly kind: 'commits'; readonly who: Who; readonly commits: readonly FoldedCommit[] }
  | { readonly kind: 'epoch'; readonly id: string; readonly link: EpochLink; readonly place: LogPlace }
  | { readonly kind: 'void'; readonly reason: VoidReason; readonly who: Who | null; readonly id: string | null }
  | { readonly kind: 'note' };

const NOTE: Outcome = { kind: 'note' };
const voided = (reason: VoidReason, who: Who | null = null, id: string | null = null): Outcome => ({
  kind: 'void',
  reason,
  who,
  id,
});

export class Fold {
  readonly genesis: Genesis;
  readonly state: LogState;
  readonly #sealEvery: SealEvery;
  readonly #heads: SeenHeads;
  /** Digests of the state at the last seal points, by position. */
  readonly #points: Map<number, Buffer>;

  /** Continues a state, which is changed by it from now on. */
  constructor(
    genesis: Genesis,
    state: LogState,
    sealEvery: SealEvery = SEAL_EVERY,
    heads = new SeenHeads(state.position, state.ledger),
    points = new Map<number, Buffer>(),
  ) {
    this.genesis = genesis;
    this.state = state;
    this.#sealEvery = sealEvery;
    this.#heads = heads;
    this.#points = points;
  }

  copy(): Fold {
    return new Fold(this.genesis, copyState(this.state), this.#sealEvery, this.#heads.copy(), new Map(this.#points));
  }

  /** What a message of this moment says that its writer has seen. */
  get seen(): Seen {
    const { position, ledger } = this.state;
    return { position, sequence: ledger.sequence, hash: ledger.hash };
  }

  /**
   * Takes the next message.
   * @throws LedgerError VERIFICATION_FAILED where a writer has seen another history; INTERNAL for a message that is not the next one
   */
  take(message: LogMessage): Folded {
    const { state } = this;
    const { position } = message;
    if (position !== state.position + 1)
      throw new LedgerError('INTERNAL', {
        message: `internal error: message ${position} of a log was folded after message ${state.position}`,
        hint: 'please report this; the ledger was not changed',
      });
    const frame = frameIn(message, this.genesis);
    const outcome = frame === null ? this.#outcomeOf(message) : NOTE;
    const bytes = message.topic.length + message.header.length + message.bodyBytes;
    if (outcome.kind === 'void') {
      state.voids.set(outcome.reason, (state.voids.get(outcome.reason) ?? 0) + 1);
      state.voidBytes += bytes;
    }
    state.position = position;
    const who = outcome.kind === 'commits' || outcome.kind === 'void' ? outcome.who : null;
    if (frame === null) {
      linkFrames(outcome.kind === 'commits' ? framesBefore(outcome.commits).length : 0, state);
      state.lastId = who && idOf(who);
    } else addFrame(frame, state);
    state.bytesSince += bytes;
    if (outcome.kind === 'commits' || outcome.kind === 'epoch') this.#heads.add(position, state.ledger);
    if (position % FORGET_EVERY === 0) forgetSessions(state.sessions, position);
    return { ...outcome, position, isSealDue: this.#passSealPoint() };
  }

  #outcomeOf(message: LogMessage): Outcome {
    const { topic } = message;
    if (isProposal(message)) return this.#takeProposal(message);
    if (topic === EPOCH_TOPIC) return this.#takeEpoch(message);
    if (topic === SEAL_TOPIC) return this.#takeSeal(message);
    return NOTE;
  }

  #takeProposal(message: LogMessage): Outcome {
    const proposal = readProposal(message, this.genesis.layout);
    if (typeof proposal === 'string') return voided('malformed');
    const { who, seen } = proposal;
    const { position } = message;
    const { sessions } = this.state;
    if (proposal.ledger !== this.genesis.ledger.uuid) return voided('foreign');
    if (!areLast(framesBefore(proposal.commits), this.state)) return voided('malformed');
    // also of what is void: where a message is lost, those behind it have lost their turn
    this.#heads.check(seen, position);
    if (position - seen.position > SESSION_MESSAGES_MAX) return voided('old', who);
    const turn = turnOf(sessions.get(who.session), who, position);
    if (turn.session !== undefined) sessions.set(who.session, turn.session);
    if (!turn.isDue) return voided('stale', who);
    const accepted = accept(proposal, message, this.state, this.genesis);
    const isVoid = typeof accepted === 'string';
    sessions.set(who.session, afterTurn(who, position, isVoid));
    if (isVoid) return voided(accepted, who);
    this.#apply(proposal, accepted.commits, accepted.ledger);
    return { kind: 'commits', who, commits: accepted.commits };
  }

  #apply(proposal: Proposal, commits: readonly FoldedCommit[], ledger: LedgerState): void {
    const { state } = this;
    for (const { link, frames } of commits) {
      state.firstTime ??= link.firstTime;
      for (const [at, { partition, count, firstTime, lastTime }] of link.frames.entries()) {
        const lane = state.partitions[partition];
        if (lane === undefined) continue;
        lane.nextOffset += count;
        lane.bytes += frames[at]?.bytes ?? 0;
        lane.storedBytes += frames[at]?.stored.bytes ?? 0;
        lane.firstTime ??= firstTime;
        lane.lastTime = lastTime;
      }
    }
    for (const { producer } of proposal.commits) {
      if (producer === null) continue;
      state.producers.set(producer.name, { position: producer.position, digest: producer.digest });
    }
    state.commits += commits.length;
    state.ledger = ledger;
  }

  #takeEpoch(message: LogMessage): Outcome {
    const proposed = readEpoch(message);
    if (typeof proposed === 'string') return voided('malformed');
    const { id } = proposed;
    if (proposed.ledger !== this.genesis.ledger.uuid) return voided('foreign');
    this.#heads.check(proposed.seen, message.position);
    if (proposed.after !== this.state.ledger.epoch.epoch) return voided('epoch', null, id);
    const begun = this.#beginEpoch(proposed, message.position);
    return begun === null ? voided('malformed', null, id) : { kind: 'epoch', id, ...begun };
  }

  /** Null for a plan that no ledger can hold. */
  #beginEpoch({ plan }: ProposedEpoch, position: number): { link: EpochLink; place: LogPlace } | null {
    const { state } = this;
    const { ledger } = state;
    const planned = possible(() => decideEpoch(ledger, () => plan).planned);
    if (planned === null) return null;
    const place = { position, floor: ledger.time, draftedTimes: [], marks: null };
    const linked = linkEpoch(ledger.hash, this.genesis.ledger, partitionLinks(state), planned, tableOf, place);
    const { epoch } = linked.routing;
    state.ledger = { ...ledger, ...linked.routing, hash: linked.hash };
    state.epochs.push(epoch);
    for (const name of planned.newPartitionNames) state.partitions.push(emptyPartition(name, epoch.epoch));
    return { link: linked.link, place };
  }

  #takeSeal({ header, position }: LogMessage): Outcome {
    const seal = readSealHeader(header);
    if (typeof seal === 'string') return voided('malformed');
    if (seal.ledger !== this.genesis.ledger.uuid) return voided('foreign');
    this.#heads.check(seal.seen, position);
    const digest = this.#digestAt(seal.seen.position);
    if (digest !== null && !digest.equals(seal.digest)) throw wrongSeal(position, seal);
    return NOTE;
  }

  /** Null where the state is not known any more. */
  #digestAt(position: number): Buffer | null {
    if (position === this.state.position) return digestOf(this.state);
    return this.#points.get(position) ?? null;
  }

  #passSealPoint(): boolean {
    const { state } = this;
    const { messages, bytes } = this.#sealEvery;
    // nobody answers for a frame: it is due at the message behind
    if (state.frames.length > 0) return false;
    if (state.position - state.sealPoint < messages && state.bytesSince < bytes) return false;
    state.sealPoint = state.position;
    state.bytesSince = 0;
    this.#points.set(state.position, digestOf(state));
    for (const [point] of this.#points) {
      if (this.#points.size <= POINTS_MAX) break;
      this.#points.delete(point);
    }
    return true;
  }
}

function digestOf(state: LogState): Buffer {
  return blake3(Buffer.from(formatState(state)));
}

/** Null for a plan that breaks an invariant. */
function possible<Value>(decide: () => Value): Value | null {
  try {
    return decide();
  } catch (error) {
    if (error instanceof LedgerError) return null;
    throw error;
  }
}

function wrongSeal(position: number, { seen }: SealHeader): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `message ${position} of the log seals another state at sequence ${seen.sequence} than its messages make`,
    hint: 'compare the ledger with a copy that was made elsewhere; one of its writers is wrong, or the log has changed',
    details: { position, sequence: seen.sequence },
  });
}
