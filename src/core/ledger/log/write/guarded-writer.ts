/**
 * Writes what must come right after the message that was seen last: commits that depend on unique ids or pins, and transactions. Each attempt is a proposal
 * that names its base, appended only there. One at a time.
 */

import type { CommitDraft, CommitOutcome, Committed } from '../../../model/events/commit.ts';
import { type Anchor, checkExpectedHead } from '../../../model/events/head.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { idleMicrosOf } from '../../../model/routing/session-pins.ts';
import type { LedgerTransaction } from '../../ledger.ts';
import { checkCommit } from '../../protocol/commit-check.ts';
import { linkHashed, stateAfter } from '../../protocol/commit-link.ts';
import { headOf } from '../../protocol/ledger-state.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import { baseOf, copyState, type LogState, type VoidReason } from '../fold/log-state.ts';
import { type BodyStorage, joinDrafts, type LaidOutDrafts, layOut } from '../format/lay-out.ts';
import { pinsOf } from '../format/marks.ts';
import { idOf, type Proposal } from '../format/messages.ts';
import { encodeProposal, type PackedDrafts, packDrafts } from '../format/proposal.ts';
import type { OrderedLog } from '../ordered-log.ts';
import type { LiveFold } from '../read/live-fold.ts';
import { appendProposal } from './append-proposal.ts';
import type { FedIndex } from './fed-index.ts';
import { MemoryMarkIndex } from './mark-index.ts';
import { checkDraft, checkSizes, clockAhead, committedOf, conflictAt, isUnknown, notUnderstood } from './outcomes.ts';
import { factsOf, validPins } from './pin-rules.ts';
import { TransactionSize } from './transaction-size.ts';

type Base = NonNullable<Proposal['base']>;

export class GuardedWriter {
  readonly #log: OrderedLog;
  readonly #live: LiveFold;
  readonly #index: FedIndex;
  readonly #storage: BodyStorage;
  readonly session = crypto.randomUUID();
  #generation = 0;
  /** One attempt at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(log: OrderedLog, live: LiveFold, index: FedIndex, storage: BodyStorage) {
    this.#log = log;
    this.#live = live;
    this.#index = index;
    this.#storage = storage;
  }

  /** Commits the draft as {@link LogWriter} does, after a look at the index. */
  commit(draft: CommitDraft): Promise<CommitOutcome> {
    const packed = packDrafts(layOut(draft, this.#storage), this.#storage.layout);
    const { frames: _, ...rest } = draft;
    const outcome = this.#last.catch(() => {}).then(() => this.#commit(draft, rest, packed));
    this.#last = outcome;
    return outcome;
  }

  async #commit(whole: CommitDraft, draft: Omit<CommitDraft, 'frames'>, packed: PackedDrafts): Promise<CommitOutcome> {
    for (;;) {
      const state = await this.#live.current();
      const base = baseOf(state);
      const compared = await this.#index.exactlyAt(base.position, (index) => {
        // others may have written while the index was fed
        if (this.#live.state.position !== base.position) return null;
        checkDraft(whole, state, this.#live.fold.genesis);
        const differences = checkCommit(draft, state.ledger, factsOf(draft, index, state));
        return { conflict: differences && conflictAt(state, draft, { ...differences, hasPins: index.hasPins }) };
      });
      if (compared === null) continue;
      if (compared.conflict !== null) return compared.conflict;
      const commits = await this.#append(packed, draft, base);
      if (commits !== null) return commits[0] as Committed;
    }
  }

  /** Null if another message came first, and nothing was appended. */
  async #append(
    packed: PackedDrafts,
    { epoch }: Pick<CommitDraft, 'epoch'>,
    base: Base,
  ): Promise<readonly Committed[] | null> {
    const who = { session: this.session, generation: ++this.#generation, number: 0 };
    const { fold } = this.#live;
    const { uuid: ledger } = fold.genesis.ledger;
    const entry = encodeProposal(packed, { ledger, who, epoch, isStrict: true, seen: fold.seen, base });
    checkSizes(packed, entry, this.#log, packed.commits.length > 1 ? 'the transaction' : 'the commit');
    let outcome: readonly Committed[] | VoidReason | null = null;
    const listening = this.#live.listen({
      onFolded: (folded) => {
        if (outcome !== null || (folded.kind !== 'commits' && folded.kind !== 'void')) return;
        if (folded.who === null || idOf(folded.who) !== idOf(who)) return;
        outcome = folded.kind === 'void' ? folded.reason : this.#committed(folded.commits, packed);
      },
    });
    let position: number | null = null;
    try {
      position = await appendProposal(this.#log, packed, entry, { after: base.position });
      // where it was sent twice, one copy may be there although the last answer says otherwise
      if (position === null) await this.#live.current();
      else await this.#live.reached(position);
    } catch (error) {
      if (isUnknown(error)) await this.#live.current().catch(() => {});
      if (!Array.isArray(outcome)) throw error;
    } finally {
      listening.close();
    }
    const found = outcome as readonly Committed[] | VoidReason | null;
    if (found === 'clock') throw clockAhead(packed);
    if (isOvertaken(found) || (found === null && position === null)) return null;
    if (found === null || typeof found === 'string') throw notUnderstood(found ?? 'malformed');
    return found;
  }

  #committed(folded: readonly FoldedCommit[], packed: PackedDrafts): readonly Committed[] {
    const { commits } = packed;
    const { state } = this.#live;
    return folded.map((commit, at) => committedOf(commit, commits[at] as (typeof commits)[number], packed, state));
  }

  /** A transaction: its commits are linked here as they will be in the log, right after the present head, and sent together at its end. */
  async begin(): Promise<LedgerTransaction> {
    const state = copyState(await this.#live.current());
    const base = baseOf(state);
    const own = new MemoryMarkIndex();
    const parts: LaidOutDrafts[] = [];
    const size = new TransactionSize(this.#log, this.#live.fold.genesis);
    /** Of the first commit: the head that the transaction must follow. */
    let expectedHead: Anchor | undefined;
    return {
      pinsOf: (sessions) => this.#index.at(base.position, (index) => validPins(sessions, own.over(index), state)),
      commit: async (draft) => {
        checkDraft(draft, state, this.#live.fold.genesis);
        const { frames: _, ...rest } = draft;
        const conflict = await this.#index.at(base.position, (stored) => {
          const index = own.over(stored);
          const differences = checkCommit(rest, state.ledger, factsOf(rest, index, state));
          return differences && conflictAt(state, draft, { ...differences, hasPins: index.hasPins });
        });
        if (conflict !== null) return conflict;
        const part = layOut(draft, this.#storage);
        size.add(part);
        if (parts.length === 0) expectedHead = draft.expectedHead;
        parts.push(part);
        return this.#linkInto(state, own, draft, part, base.position + 1);
      },
      end: async () => {
        if (parts.length === 0) return;
        const ended = this.#last
          .catch(() => {})
          .then(() => {
            const packed = packDrafts(joinDrafts(parts), this.#storage.layout);
            return this.#append(packed, { epoch: state.ledger.epoch.epoch }, base);
          });
        this.#last = ended;
        if ((await ended) !== null) return;
        // as a file answers, which is locked meanwhile: its next commit finds another head
        if (expectedHead !== undefined) checkExpectedHead(expectedHead, headOf((await this.#live.current()).ledger));
        throw overtaken();
      },
      abandon: async () => {},
    };
  }

  #linkInto(
    state: LogState,
    index: MemoryMarkIndex,
    draft: CommitDraft,
    part: LaidOutDrafts,
    position: number,
  ): Committed {
    const [commit] = part.commits as readonly [(typeof part.commits)[number]];
    const { uuid } = this.#live.fold.genesis.ledger;
    const { ledger, partitions, producers } = state;
    const nextOffset = (partition: number) => partitions[partition]?.nextOffset ?? 0;
    const place = { position, marks: commit.marks?.hash ?? null };
    const linked = linkHashed(commit, ledger, uuid, nextOffset, place);
    const { frames, marks } = commit;
    const epoch = ledger.epoch.epoch;
    const folded = { position, epoch, floor: ledger.time, ...linked, frames, marks };
    state.ledger = stateAfter(ledger, linked);
    for (const { partition, offset, count } of linked.link.frames) {
      const lane = partitions[partition];
      if (lane !== undefined) lane.nextOffset = offset + count;
    }
    const { producer, ids } = draft;
    if (producer !== null) producers.set(producer.name, producer);
    const isForEver = idleMicrosOf(ledger.epoch) === null;
    const { timeShift } = linked;
    const { firstSequence } = linked.link;
    index.learn({ ids, pins: pinsOf(draft.pins), firstSequence, epoch, timeShift, isForEver });
    return committedOf(folded, commit, part, state);
  }
}

/** The draft for later: its memory may be used again as soon as its caller goes on. */
export function withOwnBodies(draft: CommitDraft): CommitDraft {
  return { ...draft, frames: draft.frames.map((frame) => ({ ...frame, body: Buffer.from(frame.body) })) };
}

/** Whether the draft is to be compared again, with what came before it. */
function isOvertaken(found: unknown): boolean {
  return found === 'overtaken' || found === 'old' || found === 'epoch';
}

function overtaken(): LedgerError {
  return new LedgerError('BUSY', {
    message: 'another writer has committed since the transaction began; nothing of it is stored',
    hint: 'try again',
  });
}
