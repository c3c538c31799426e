/**
 * Feeds an index of ids and pins from the log. It has a fold of its own, because it reads bodies, from the place on up to which its store was fed. The
 * store is a cache: it is believed only where its place has the head that the log's fold has there, and is fed from the beginning otherwise.
 */

import type { Fold } from '../fold/fold.ts';
import type { OrderedLog } from '../ordered-log.ts';
import { foldedBodies } from '../read/folded-bodies.ts';
import { lostMessages } from '../read/lost-messages.ts';
import type { Seals } from '../read/seals.ts';
import { withBody } from '../read/with-body.ts';
import type { LearnedMarks, MarkIndex } from './mark-index.ts';
import {
  isSameHead,
  isSamePlace,
  LostStore,
  type MarkStore,
  MemoryMarkStore,
  type OpenMarkStore,
} from './mark-store.ts';
import { marksIn } from './marks-in.ts';
import { UnstoredMarks } from './unstored-marks.ts';

/** The number of messages or marks at which the store is fed: seldom, because it syncs, and a process that is killed loses no more than this. */
export interface IndexDue {
  readonly messages: number;
  /** Ids and pins. */
  readonly marks: number;
}

const DUE: IndexDue = { messages: 4096, marks: 32_768 };
/** At the end of a process: fewer are read faster than they are stored. */
const DUE_AT_END: IndexDue = { messages: 64, marks: 64 };
/** A store that is lost this often cannot be written, or is used for another log by another process: the index is in memory from then on. */
const LOSSES_MAX = 3;

/** What the index is and how far it came. */
interface Feed {
  readonly store: MarkStore;
  readonly fold: Fold;
  readonly unstored: UnstoredMarks;
  /** Whether the fold is ahead of the marks: after an error all of it must be read again. */
  isTorn: boolean;
}

export interface IndexParts {
  readonly log: OrderedLog;
  readonly seals: Seals;
  /** None: the index is in memory, and every process reads the whole log. */
  readonly openStore?: OpenMarkStore | undefined;
  readonly due?: IndexDue | undefined;
}

export class FedIndex {
  readonly #parts: IndexParts;
  #feed: Feed | null = null;
  #losses = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** Why the index is in memory although there should be a store. */
  #cause: unknown = null;

  constructor(parts: IndexParts) {
    this.#parts = parts;
  }

  /** Why no store can be used; null if there is one, or none was asked for yet. */
  get lostStore(): unknown {
    return this.#cause;
  }

  /**
   * The result of the work on an index with every commit up to this position, and possibly later ones. It must not wait.
   * @throws LedgerError VERIFICATION_FAILED for marks that were changed
   */
  async at<Result>(position: number, work: (index: MarkIndex) => Result): Promise<Result> {
    return (await this.#turn(position, (index) => ({ result: work(index) }))).result;
  }

  /** As {@link at}, with no later commit; null if it has one, which another process may have stored. */
  exactlyAt<Result>(position: number, work: (index: MarkIndex) => Result): Promise<Result | null> {
    return this.#turn(position, (index, reached) => (reached === position ? work(index) : null));
  }

  /** Stores what is worth it. Nothing else may be called afterwards. */
  async close(): Promise<void> {
    await this.#last.catch(() => {});
    if (this.#feed === null) return;
    try {
      this.#storeDue(this.#feed, this.#parts.due ?? DUE_AT_END);
    } catch (error) {
      if (!(error instanceof LostStore)) throw error;
    } finally {
      this.#feed.store.close();
      this.#feed = null;
    }
  }

  /** One after the other. */
  #turn<Result>(position: number, work: (index: MarkIndex, reached: number) => Result): Promise<Result> {
    const turn = this.#last
      .catch(() => {})
      .then(async () => {
        for (;;) {
          const answer = await this.#attempt(position, work);
          if (answer !== null) return answer.result;
        }
      });
    this.#last = turn;
    return turn;
  }

  /** Null if the store was lost, or another process has fed it meanwhile. */
  async #attempt<Result>(
    position: number,
    work: (index: MarkIndex, reached: number) => Result,
  ): Promise<{ result: Result } | null> {
    try {
      this.#feed ??= await this.#begin();
      const { store, fold, unstored } = this.#feed;
      if (!(await this.#followStore(this.#feed))) throw new LostStore('another process has emptied it');
      if (!(await this.#readTo(position, this.#feed))) return null;
      return store.snapshot(() => {
        if (!isSamePlace(store.fed(), unstored.from)) return null;
        return { result: work(unstored.over(store), fold.state.position) };
      });
    } catch (error) {
      const isLost = error instanceof LostStore;
      if (isLost || this.#feed?.isTorn === true) this.#drop();
      if (!isLost) throw error;
      if (++this.#losses >= LOSSES_MAX) this.#cause = error.cause ?? error;
      return null;
    }
  }

  #drop(): void {
    this.#feed?.store.close();
    this.#feed = null;
  }

  async #begin(): Promise<Feed> {
    const store = await this.#open();
    try {
      const fed = store.fed();
      const known = fed === null ? null : await this.#foldAt(fed.position);
      if (fed !== null && known !== null && isSameHead(known.seen, fed))
        return { store, fold: known, unstored: new UnstoredMarks(fed), isTorn: false };
      if (fed !== null) store.clear(fed);
      const fold = this.#parts.seals.atBeginning();
      store.feed([], null, fold.seen);
      return { store, fold, unstored: new UnstoredMarks(fold.seen), isTorn: false };
    } catch (error) {
      store.close();
      throw error;
    }
  }

  async #open(): Promise<MarkStore> {
    const { openStore, seals } = this.#parts;
    if (openStore === undefined || this.#cause !== null) return new MemoryMarkStore();
    try {
      return await openStore(seals.genesis.ledger.uuid);
    } catch (error) {
      this.#cause = error;
      return new MemoryMarkStore();
    }
  }

  /** A fold at this position, from the seal before it on, without bodies; null if the log is not that long. */
  async #foldAt(position: number): Promise<Fold | null> {
    const { log, seals } = this.#parts;
    if (position > (await log.last())) return null;
    const last = await seals.atLast();
    const fold = last.state.position <= position ? last : await seals.before(() => true, position);
    await this.#skipTo(position, fold);
    return fold;
  }

  /** Takes over what other processes have stored meanwhile. False: they have emptied it, or hold another history. */
  async #followStore(feed: Feed): Promise<boolean> {
    const { store, fold, unstored } = feed;
    const fed = store.fed();
    const { from } = unstored;
    if (isSamePlace(fed, from)) return true;
    if (fed === null || fed.position <= from.position) return false;
    const isAhead = fed.position > fold.state.position;
    if (isAhead && fed.position > (await this.#parts.log.last())) return false;
    feed.isTorn = isAhead;
    if (isAhead) await this.#skipTo(fed.position, fold);
    const head = isAhead ? fold.seen : unstored.headAt(fed.position);
    if (!isSameHead(head, fed)) return false;
    unstored.storedTo(fed);
    feed.isTorn = false;
    return true;
  }

  async #skipTo(through: number, fold: Fold): Promise<void> {
    const { log } = this.#parts;
    const from = fold.state.position + 1;
    if (from > through) return;
    for await (const message of log.read({ from, through, hasBodies: false })) fold.take(await withBody(log, message));
    this.#checkEnd(through, fold);
  }

  /** False if another process has fed the store meanwhile, and the rest is to be taken over. */
  async #readTo(through: number, feed: Feed): Promise<boolean> {
    const { fold, unstored } = feed;
    if (fold.state.position >= through) return true;
    for await (const { folded, load } of foldedBodies(this.#parts.log, fold, 'marks', { through })) {
      feed.isTorn = true;
      if (folded.kind === 'commits') {
        const learned: LearnedMarks[] = [];
        for (const commit of folded.commits) {
          const marks = marksIn(commit, await load(commit), fold.state);
          if (marks !== null) learned.push(marks);
        }
        unstored.add(fold.state, learned);
      }
      if (folded.kind === 'epoch') unstored.add(fold.state, []);
      feed.isTorn = false;
      if (!this.#storeDue(feed, this.#parts.due ?? DUE)) return false;
    }
    this.#checkEnd(through, fold);
    return true;
  }

  #checkEnd(through: number, { state }: Fold): void {
    if (state.position < through) throw lostMessages(this.#parts.log, state.position + 1);
  }

  /** False where another process was faster. */
  #storeDue({ store, fold, unstored }: Feed, due: IndexDue): boolean {
    const { seen } = fold;
    if (seen.position - unstored.from.position < due.messages && unstored.count < due.marks) return true;
    if (!store.feed(unstored.all, unstored.from, seen)) return false;
    unstored.storedTo(seen);
    return true;
  }
}
