/**
 * Writes commits without a condition: proposals are published one behind the other, and what becomes of each is known when the own fold has passed it.
 * States of a draft: waiting -> sent -> answered (committed, conflict or stale), or waiting again (its turn was lost with one before it).
 */

import type { CommitDraft, CommitOutcome, CommitPipeline, Stale } from '../../../model/events/commit.ts';
import { checkCommit } from '../../protocol/commit-check.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { Folded } from '../fold/fold.ts';
import { NO_PRODUCER, type VoidReason } from '../fold/log-state.ts';
import { type BodyStorage, layOut } from '../format/lay-out.ts';
import { idOf } from '../format/messages.ts';
import { encodeProposal, type PackedDrafts, packDrafts } from '../format/proposal.ts';
import type { OrderedLog } from '../ordered-log.ts';
import type { LiveFold } from '../read/live-fold.ts';
import { lostMessages } from '../read/lost-messages.ts';
import { appendProposal } from './append-proposal.ts';
import { BodyMemory } from './body-memory.ts';
import {
  checkDraft,
  checkSizes,
  clockAhead,
  committedOf,
  conflictAt,
  isUnknown,
  NO_DIFFERENCES,
  notUnderstood,
} from './outcomes.ts';
import { SendWindow } from './send-window.ts';

interface Waiting {
  readonly draft: Omit<CommitDraft, 'frames'>;
  readonly packed: PackedDrafts;
  /** Of the pipeline: see {@link CommitPipeline}. */
  readonly generation: number;
  /** Id of the message that was sent last; null: it is to be sent. */
  id: string | null;
  /** Generation of the session, and position of the last folded message, when it was sent last. */
  turn: number;
  sentAt: number;
  /** When it was sent last, in milliseconds of a steady clock. */
  sentMs: number;
  sendings: number;
  isAppended: boolean;
  /** Whether the log reads no bodies of it any more. */
  isReleased: boolean;
  outcome: CommitOutcome | null;
  resolve(outcome: CommitOutcome | Stale): void;
  reject(error: unknown): void;
}

/** `ordered`: drafts behind a conflict are stale, as in a pipeline; `free`: they are sent again. */
export type WriterOrder = 'ordered' | 'free';

export class LogWriter implements CommitPipeline {
  readonly #log: OrderedLog;
  readonly #live: LiveFold;
  readonly #order: WriterOrder;
  readonly #storage: BodyStorage;
  readonly #session = crypto.randomUUID();
  /** Of the session. */
  #generation = 0;
  #number = 0;
  /** Whether a message of the generation is known to be void or lost: what is sent next begins another one. */
  #isBroken = false;
  /** Of the pipeline: drafts of earlier ones are stale. */
  #current = 0;
  #failure: { readonly error: unknown } | null = null;
  /** In the order in which they were offered; an answered one is taken out. */
  readonly #queue = new Set<Waiting>();
  /** Those of the queue that are to be sent, in its order. */
  #unsent: Waiting[] = [];
  readonly #sent = new Map<string, Waiting>();
  /** Of the proposals that are on their way. */
  #bytes = 0;
  readonly #window = new SendWindow();
  readonly #memory = new BodyMemory();
  readonly #listening: { close(): void };
  #whenEmpty: (() => void)[] = [];

  constructor(log: OrderedLog, live: LiveFold, order: WriterOrder, storage: BodyStorage) {
    this.#log = log;
    this.#live = live;
    this.#order = order;
    this.#storage = storage;
    this.#listening = live.listen({
      onFolded: (folded) => this.#onFolded(folded),
      onError: (error) => this.#failAll(error),
    });
  }

  /** Name of the session in its messages. */
  get session(): string {
    return this.#session;
  }

  /** @throws LedgerError INVALID_ARGUMENT for a draft that no message takes, OUTCOME_UNKNOWN, DISK_FULL, CLOCK_UNUSABLE and what the log throws */
  async offer(draft: CommitDraft, generation: number): Promise<CommitOutcome | Stale> {
    if (this.#failure !== null) throw this.#failure.error;
    const { state, fold } = this.#live;
    if (generation < this.#current) return { kind: 'stale' };
    checkDraft(draft, state, fold.genesis);
    const packed = packDrafts(layOut(draft, this.#storage, this.#memory.take), this.#storage.layout);
    checkSizes(packed, this.#entry(packed, draft, 0), this.#log, 'the commit');
    const { frames: _, ...rest } = draft;
    return new Promise((resolve, reject) => {
      const sending = { id: null, turn: 0, sentAt: 0, sentMs: 0, sendings: 0, isAppended: false, isReleased: false };
      const waiting: Waiting = { draft: rest, packed, generation, ...sending, outcome: null, resolve, reject };
      this.#queue.add(waiting);
      this.#unsent.push(waiting);
      this.#pump();
    });
  }

  /** Waits until everything that was offered is answered. */
  async close(): Promise<void> {
    if (this.#queue.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
    this.#listening.close();
  }

  #pump(): void {
    while (this.#failure === null) {
      const [next] = this.#unsent;
      if (next === undefined) return;
      const isAlone = this.#sent.size === 0;
      if (!isAlone && this.#bytes + next.packed.bytes > this.#window.bytesMax) return;
      this.#unsent.shift();
      // with nothing on its way, what differs from the own fold now will still do so when the message comes
      if (isAlone && this.#differs(next)) this.#refuse(next);
      else this.#send(next);
    }
  }

  #differs({ draft }: Waiting): boolean {
    const { ledger, producers } = this.#live.state;
    const { producer, hasArrivalTime, isLateRefused } = draft;
    const stored = producer && (producers.get(producer.name) ?? NO_PRODUCER);
    const checked = { ...draft, hasArrivalTime: hasArrivalTime || !isLateRefused };
    return checkCommit(checked, ledger, { producer: stored, known: [], pins: [] }) !== null;
  }

  #send(waiting: Waiting): void {
    if (this.#isBroken) {
      this.#generation++;
      this.#number = 0;
      this.#isBroken = false;
    }
    const number = this.#number++;
    const id = idOf({ session: this.#session, generation: this.#generation, number });
    waiting.id = id;
    waiting.turn = this.#generation;
    waiting.sentAt = this.#live.state.position;
    waiting.sentMs = performance.now();
    waiting.sendings++;
    waiting.isAppended = false;
    this.#sent.set(id, waiting);
    this.#bytes += waiting.packed.bytes;
    const onReleased = (): void => {
      waiting.isReleased = true;
    };
    appendProposal(this.#log, waiting.packed, this.#entry(waiting.packed, waiting.draft, number), { onReleased }).then(
      (position) => void this.#onAppended(waiting, id, position as number),
      (error: unknown) => void this.#onNotAppended(waiting, id, error),
    );
  }

  #entry(packed: PackedDrafts, { epoch, isLateRefused }: Waiting['draft'], number: number) {
    const { fold } = this.#live;
    return encodeProposal(packed, {
      ledger: fold.genesis.ledger.uuid,
      who: { session: this.#session, generation: this.#generation, number },
      epoch,
      isStrict: isLateRefused,
      seen: fold.seen,
      base: null,
    });
  }

  #onFolded(folded: Folded): void {
    if (folded.kind !== 'commits' && folded.kind !== 'void') return;
    const id = folded.who && idOf(folded.who);
    const waiting = id === null ? undefined : this.#sent.get(id);
    if (id === null || waiting === undefined) return;
    if (folded.kind === 'void') return this.#onVoid(waiting, folded.reason);
    this.#takeBack(waiting, id);
    const [commit] = folded.commits as readonly [FoldedCommit];
    const { commits, bytes } = waiting.packed;
    this.#window.answered(bytes, performance.now() - waiting.sentMs);
    waiting.outcome = committedOf(commit, commits[0] as (typeof commits)[number], waiting.packed, this.#live.state);
    if (waiting.isAppended) this.#answer(waiting, waiting.outcome);
    this.#pump();
  }

  /** A void message stays void, and with it all of its generation that is not accepted yet: see `fold/turns.ts`. */
  #onVoid(waiting: Waiting, reason: VoidReason): void {
    if (waiting.turn === this.#generation) this.#isBroken = true;
    for (const [id, lost] of [...this.#sent]) {
      if (lost.turn !== waiting.turn) continue;
      this.#takeBack(lost, id);
      lost.id = null;
    }
    this.#unsent = [...this.#queue].filter(({ id }) => id === null);
    if (reason === 'clock') this.#reject(waiting, clockAhead(waiting.packed));
    else if (reason === 'malformed' || reason === 'foreign') this.#reject(waiting, notUnderstood(reason));
    else if (reason !== 'stale' && reason !== 'old') this.#refuse(waiting);
    this.#pump();
  }

  /** Answers with a conflict; in a pipeline, what was built on the draft is stale. */
  #refuse(waiting: Waiting): void {
    const conflict = conflictAt(this.#live.state, waiting.draft, NO_DIFFERENCES);
    this.#answer(waiting, conflict);
    if (this.#order === 'free') return;
    this.#current = Math.max(this.#current, waiting.generation + 1);
    for (const behind of [...this.#queue])
      if (behind.generation < this.#current && behind.outcome === null) this.#answer(behind, { kind: 'stale' });
  }

  async #onAppended(waiting: Waiting, id: string, position: number): Promise<void> {
    if (waiting.id !== id) return;
    // another message was folded at this place: the log is not the one that it was
    if (position <= waiting.sentAt) return this.#failAll(lostMessages(this.#log, position));
    waiting.isAppended = true;
    if (waiting.outcome !== null) return this.#answer(waiting, waiting.outcome);
    await this.#live.reached(position).catch(() => {});
    // the own fold has passed it, and has not known it again
    if (this.#sent.get(id) === waiting && waiting.outcome === null) this.#reject(waiting, notUnderstood('malformed'));
  }

  async #onNotAppended(waiting: Waiting, id: string, error: unknown): Promise<void> {
    if (waiting.id !== id || this.#failure !== null) return;
    if (waiting.outcome === null && isUnknown(error)) await this.#live.current().catch(() => {});
    if (waiting.id !== id || this.#failure !== null) return;
    // it is in the log, whatever its answer was
    if (waiting.outcome !== null) return this.#answer(waiting, waiting.outcome);
    this.#isBroken = true;
    this.#takeBack(waiting, id);
    if (this.#order === 'ordered') return this.#failAll(error);
    this.#reject(waiting, error);
    this.#pump();
  }

  #takeBack(waiting: Waiting, id: string): void {
    if (this.#sent.delete(id)) this.#bytes -= waiting.packed.bytes;
  }

  #answer(waiting: Waiting, outcome: CommitOutcome | Stale): void {
    this.#takeOut(waiting);
    this.#release(waiting);
    waiting.resolve(outcome);
  }

  /** One that was sent twice may be on its way still, whatever the log says of the other. */
  #release({ packed, sendings, isReleased }: Waiting): void {
    if (!isReleased || sendings !== 1) return;
    for (const { body } of packed.before) this.#memory.give(body);
    this.#memory.give(packed.body);
  }

  #reject(waiting: Waiting, error: unknown): void {
    this.#takeOut(waiting);
    waiting.reject(error);
    if (this.#order === 'ordered') this.#failAll(error);
  }

  #takeOut(waiting: Waiting): void {
    if (waiting.id !== null) this.#takeBack(waiting, waiting.id);
    this.#queue.delete(waiting);
    if (waiting.id === null) this.#unsent = this.#unsent.filter((each) => each !== waiting);
    if (this.#queue.size > 0) return;
    for (const resolve of this.#whenEmpty) resolve();
    this.#whenEmpty = [];
  }

  #failAll(error: unknown): void {
    this.#failure ??= { error };
    for (const waiting of [...this.#queue]) {
      this.#takeOut(waiting);
      waiting.reject(error);
    }
  }
}
