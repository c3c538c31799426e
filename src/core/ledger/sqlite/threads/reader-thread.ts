/** Owns a ledger's reading thread: pages come in order, a few of them read ahead; stretches of history are verified there one at a time. */

import type { Page, ReadRequest } from '../../../model/events/history.ts';
import { freeBodies } from '../free-memory.ts';
import type { Stretch, VerifiedStretch } from '../read/verify-stretches.ts';
import { LedgerThread } from './ledger-thread.ts';
import { type ReaderAnswer, type ReaderMessage, unpackPage } from './reader-protocol.ts';
import { fromFailure } from './thread-failure.ts';
import type { ThreadStart } from './thread-protocol.ts';

/** Enough to keep the thread busy while a page is delivered: the threads are about equally busy, and with two pages each waited for the other at times. */
const PAGES_AHEAD = 3;

export class ReaderThread {
  #thread: LedgerThread<ReaderMessage, ReaderAnswer> | undefined;
  readonly #answers: ReaderAnswer[] = [];
  #failure: unknown;
  #wake: (() => void) | undefined;

  /** Resolves when the thread has opened the ledger. */
  static async start(start: ThreadStart, signal?: AbortSignal): Promise<ReaderThread> {
    const reader = new ReaderThread();
    const listener = {
      onAnswer: (answer: ReaderAnswer) => reader.#onAnswer(answer),
      onEnd: (error: unknown) => reader.#fail(error),
    };
    reader.#thread = await LedgerThread.start('reader-worker', start, listener, signal);
    return reader;
  }

  /**
   * The pages of the request; single use. They end early before a page that must be read again because a hash does not fit. The hashes of decompressed bodies
   * are compared by whichever thread waits for the other. @throws as reading does
   */
  async *pages(request: ReadRequest): AsyncGenerator<Page, void, undefined> {
    this.#thread?.post({ kind: 'begin', request });
    for (let ahead = 0; ahead < PAGES_AHEAD; ahead++)
      this.#thread?.post({ kind: 'turn', memory: null, leavesHashes: true });
    for (;;) {
      const isReady = this.#answers.length > 0;
      const packed = (await this.#next('page')).page;
      const { memory, next } = packed;
      const page = unpackPage(packed);
      if (page === null) return;
      yield page;
      freeBodies(page.commits, memory);
      if (next === null) return;
      this.#thread?.post({ kind: 'turn', memory, leavesHashes: !isReady }, [memory]);
    }
  }

  /** @throws LedgerError VERIFICATION_FAILED */
  async verify(stretch: Stretch): Promise<VerifiedStretch> {
    this.#thread?.post({ kind: 'stretch', stretch });
    return (await this.#next('stretch')).verified;
  }

  /** @throws LedgerError VERIFICATION_FAILED */
  async checkStructure(): Promise<void> {
    this.#thread?.post({ kind: 'structure' });
    await this.#next('structure');
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }

  /** The next answer, which is of this kind: they come in the order of the requests. */
  async #next<Kind extends ReaderAnswer['kind']>(_kind: Kind): Promise<Extract<ReaderAnswer, { kind: Kind }>> {
    const answer = this.#answers.shift() ?? (await this.#arrived());
    if (answer.kind === 'failed') throw fromFailure(answer.failure);
    return answer as Extract<ReaderAnswer, { kind: Kind }>;
  }

  /** The process waits for the thread only while an answer is awaited: a caller that stops reading does not hang. */
  async #arrived(): Promise<ReaderAnswer> {
    this.#thread?.setAwaited(true);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        const answer = this.#answers.shift();
        if (answer !== undefined) return answer;
      }
    } finally {
      this.#thread?.setAwaited(false);
    }
  }

  #onAnswer(answer: ReaderAnswer): void {
    this.#answers.push(answer);
    this.#wake?.();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake?.();
  }
}
