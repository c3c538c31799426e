/** The time limit of one call: it retries until then, and pauses in between. */

import { setMaxListeners } from 'node:events';
import { LedgerError } from '../../model/ledger-error.ts';
import type { BusyLimit } from '../driver.ts';

/** Pause before another attempt, with jitter: many clients lose the same server at once. */
const PAUSE_MS = 60;

export class Deadline {
  readonly limitMs: number;
  readonly #end: number;
  readonly #signals: readonly AbortSignal[];

  constructor({ limitMs, signal }: BusyLimit, ...signals: readonly (AbortSignal | undefined)[]) {
    this.limitMs = limitMs;
    this.#end = performance.now() + limitMs;
    this.#signals = [signal, ...signals].filter((each) => each !== undefined);
    // many calls wait at once while no server answers: that is no leak, of which Node would warn
    if (this.#signals.length > 0) setMaxListeners(0, ...this.#signals);
  }

  /** Milliseconds, at least 1: a wait of 0 means none to some timers. */
  get remainingMs(): number {
    return Math.max(1, this.#end - performance.now());
  }

  get hasPassed(): boolean {
    return performance.now() >= this.#end;
  }

  /** @throws LedgerError ABORTED */
  checkAborted(): void {
    if (this.#signals.some(({ aborted }) => aborted)) throw aborted();
  }

  /** Waits a moment, at most until the deadline. @throws LedgerError ABORTED */
  async pause(ms = PAUSE_MS): Promise<void> {
    await this.race(sleep(Math.min(ms * (1 + Math.random()), this.remainingMs)));
  }

  /** Resolves with the promise, or rejects when a signal is aborted. @throws LedgerError ABORTED */
  async race<Result>(promise: Promise<Result>): Promise<Result> {
    this.checkAborted();
    if (this.#signals.length === 0) return promise;
    let abort = () => {};
    const isAborted = new Promise<never>((_, reject) => {
      abort = () => reject(aborted());
      for (const signal of this.#signals) signal.addEventListener('abort', abort);
    });
    try {
      return await Promise.race([promise, isAborted]);
    } finally {
      for (const signal of this.#signals) signal.removeEventListener('abort', abort);
    }
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function aborted(): LedgerError {
  return new LedgerError('ABORTED', { message: 'interrupted while it waited for the servers', hint: 'try again' });
}
