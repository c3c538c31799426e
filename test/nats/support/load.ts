/** Writers that append beside a fault, and what must hold of the log afterwards. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { LogMessage, OrderedLog } from '../../../src/core/ledger/log/ordered-log.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { quick } from '../../support/test-size.ts';
import { until } from '../../support/until.ts';

/** Between two appends of a writer: in every run less is written while a test waits for servers. All are on their way at once when none answers. */
const PAUSE_MS = quick(15, 0);

/** An append that was answered. */
interface Answered {
  readonly header: string;
  readonly position: number;
  /** The last position that had been answered when it was called. */
  readonly after: number;
}

export class Load {
  readonly #log: OrderedLog;
  readonly #window: number;
  readonly answered: Answered[] = [];
  /** Messages whose outcome is unknown. */
  readonly unknown: string[] = [];
  readonly #followed: LogMessage[] = [];
  readonly #errors: unknown[] = [];
  readonly #following: { close(): void };
  #last = 0;
  #started = 0;
  #isStopping = false;
  readonly #writers: Promise<unknown>;

  /** `window`: appends on their way at a time. `follower`: another opening of the log. */
  constructor(log: OrderedLog, follower: OrderedLog, window: number) {
    this.#log = log;
    this.#window = window;
    this.#following = follower.follow(1, {
      onMessage: (message) => this.#followed.push(message),
      onError: (error) => this.#errors.push(error),
    });
    this.#writers = Promise.all(Array.from({ length: window }, () => this.#write()));
  }

  async moreAnswered(count: number): Promise<void> {
    const goal = this.answered.length + count;
    await until(() => this.answered.length >= goal || this.#errors.length > 0);
  }

  /** Waits for what is on its way, and compares. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#writers;
    const last = await this.#log.last();
    await until(() => this.#followed.length >= last || this.#errors.length > 0);
    this.#following.close();
    expect(this.#errors).toEqual([]);
    const stored: LogMessage[] = [];
    for await (const message of this.#log.read({ from: 1, through: last, hasBodies: true })) stored.push(message);
    this.#compare(stored);
  }

  #compare(stored: readonly LogMessage[]): void {
    expect(stored.map(({ position }) => position)).toEqual(stored.map((_, at) => at + 1));
    const headers = (messages: readonly LogMessage[]) =>
      messages.map(({ position, header }) => `${position} ${header}`);
    expect(headers(this.#followed), 'the follower has each message once, in order').toEqual(headers(stored));
    for (const { header, position, after } of this.answered) {
      expect(stored[position - 1]?.header, 'an acknowledged message is at its position').toBe(header);
      expect(position, 'behind what was acknowledged before its call').toBeGreaterThan(after);
    }
    const known = new Set([...this.answered.map(({ header }) => header), ...this.unknown]);
    expect(stored.filter(({ header }) => !known.has(header))).toEqual([]);
  }

  async #write(): Promise<void> {
    while (!this.#isStopping) {
      if (PAUSE_MS > 0) await sleep(PAUSE_MS);
      const header = `m${++this.#started}`;
      const after = this.#last;
      try {
        const position = await this.#log.append({ topic: 'c.0', header, body: Buffer.alloc(this.#window * 16, 'a') });
        if (position === null) throw new Error('an append without a condition was refused');
        this.answered.push({ header, position, after });
        this.#last = Math.max(this.#last, position);
      } catch (error) {
        if (!(error instanceof LedgerError) || error.code !== 'OUTCOME_UNKNOWN') throw error;
        this.unknown.push(header);
      }
    }
  }
}
