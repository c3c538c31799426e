/** Follows the log and folds every message as it comes: the ledger's present state, for as long as it is open. */

import { closedLedger } from '../closed.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { Fold, Folded } from '../fold/fold.ts';
import { type LogState, summaryOf } from '../fold/log-state.ts';
import type { LogMessage, OrderedLog } from '../ordered-log.ts';
import { lostMessages } from './lost-messages.ts';
import { RecentCommits } from './recent-commits.ts';
import { withBody } from './with-body.ts';

interface Waiter {
  readonly position: number;
  resolve(): void;
  reject(error: unknown): void;
}

export interface FoldListener {
  /** After the state has it; called in order, and never again after an error. */
  onFolded?(folded: Folded): void;
  onError?(error: unknown): void;
}

/** States: following -> failed (an error of the log or of a message: every call rejects with it) or closed. */
export class LiveFold {
  readonly #log: OrderedLog;
  readonly #fold: Fold;
  readonly recent: RecentCommits;
  readonly #listeners = new Set<FoldListener>();
  #waiters: Waiter[] = [];
  /** Messages that wait for the body of an epoch before them. */
  readonly #queue: LogMessage[] = [];
  #isWorking = false;
  #failure: unknown;
  #hasFailed = false;
  readonly #follower: { close(): void };
  #asking: Promise<number> | null = null;
  #askingNext: Promise<number> | null = null;

  constructor(log: OrderedLog, fold: Fold, recentMax?: number) {
    this.#log = log;
    this.#fold = fold;
    this.recent = new RecentCommits(summaryOf(fold.state), recentMax);
    this.#follower = log.follow(fold.state.position + 1, {
      onMessage: (message) => this.#take(message),
      onError: (error) => this.#fail(error),
    });
  }

  /** As of the last message that was folded. @throws the error that ended the fold; LedgerError CLOSED */
  get state(): LogState {
    this.check();
    return this.#fold.state;
  }

  get fold(): Fold {
    this.check();
    return this.#fold;
  }

  /** @throws as {@link state} */
  check(): void {
    if (this.#hasFailed) throw this.#failure;
  }

  listen(listener: FoldListener): { close(): void } {
    this.#listeners.add(listener);
    return { close: () => void this.#listeners.delete(listener) };
  }

  /** The state with everything that the log had when this was called. */
  async current(): Promise<LogState> {
    this.check();
    await this.reached(await this.#last());
    return this.state;
  }

  /** The state as it is if it has this sequence already: what is stored does not change. Else the current one. */
  async reaching(sequence: number): Promise<LogState> {
    const { state } = this;
    return state.ledger.sequence >= sequence ? state : this.current();
  }

  /** One question at a time: calls that come meanwhile share the next, because the answer that is on its way is too old for them. */
  #last(): Promise<number> {
    if (this.#asking === null) {
      this.#asking = this.#log.last().finally(() => {
        this.#asking = null;
      });
      return this.#asking;
    }
    this.#askingNext ??= this.#asking
      .catch(() => {})
      .then(() => {
        this.#askingNext = null;
        return this.#last();
      });
    return this.#askingNext;
  }

  /** Resolves when the message at this position is folded. */
  reached(position: number): Promise<void> {
    if (this.#hasFailed) return Promise.reject(this.#failure);
    if (this.#fold.state.position >= position) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ position, resolve, reject }));
  }

  close(): void {
    this.#fail(closedLedger(), false);
    this.#listeners.clear();
  }

  #take(message: LogMessage): void {
    if (this.#hasFailed) return;
    this.#queue.push(message);
    if (!this.#isWorking) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
        if (message.position !== this.#fold.state.position + 1)
          throw lostMessages(this.#log, this.#fold.state.position + 1);
        const whole = withBody(this.#log, message);
        const taken = whole instanceof Promise ? await whole : whole;
        if (this.#hasFailed) return;
        this.#folded(this.#fold.take(taken));
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isWorking = false;
    }
  }

  #folded(folded: Folded): void {
    if (folded.kind === 'commits') this.recent.add(folded.commits as FoldedCommit[]);
    for (const listener of [...this.#listeners]) listener.onFolded?.(folded);
    if (this.#waiters.length === 0) return;
    const { position } = folded;
    const due = this.#waiters.filter((waiter) => waiter.position <= position);
    this.#waiters = this.#waiters.filter((waiter) => waiter.position > position);
    for (const waiter of due) waiter.resolve();
  }

  #fail(error: unknown, isReported = true): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#failure = error;
    this.#follower?.close();
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters = [];
    for (const listener of [...this.#listeners]) if (isReported) listener.onError?.(error);
  }
}
