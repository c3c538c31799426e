/** A ledger's writing thread from outside: drafts go in without waiting for one another, answers come back in their order. */

import { Worker } from 'node:worker_threads';
import type { CommitDraft, CommitOutcome, CommitPipeline, Stale } from '../../model/commit.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { fromFailure, packDraft, reviveDigest, type WriterAnswer, type WriterStart } from './writer-protocol.ts';

/** The thread makes little garbage: a larger nursery would only fill up before it is cleared. */
const YOUNG_MEGABYTES = 2;

interface Waiting {
  resolve(outcome: CommitOutcome | Stale): void;
  reject(error: unknown): void;
}

export class WriterThread implements CommitPipeline {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** Memory that has come back. */
  readonly #pool: ArrayBuffer[] = [];
  #nextId = 0;
  #failure: unknown;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: WriterAnswer) => this.#onAnswer(answer));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new LedgerError('CLOSED', { message: 'the writing thread has ended', hint: 'open the ledger again' })));
    // an owner that forgets to close does not hang; behind the listeners, because each of them holds the process again
    worker.unref();
  }

  /** Resolves when the thread has opened the ledger. */
  static async start(start: WriterStart, signal?: AbortSignal): Promise<WriterThread> {
    const worker = new Worker(new URL('./writer-worker.js', import.meta.url), {
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    });
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', () => {
        // not all listeners: the worker's own among them keep its messages coming
        worker.off('error', reject);
        resolve();
      });
    });
    signal?.addEventListener('abort', () => worker.postMessage('abort'));
    return new WriterThread(worker);
  }

  offer(draft: CommitDraft, generation: number): Promise<CommitOutcome | Stale> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const offer = packDraft(this.#nextId++, generation, draft, this.#pool.pop());
    this.#worker.postMessage(offer, [offer.memory]);
    if (this.#waiting.size === 0) this.#worker.ref();
    return new Promise((resolve, reject) => this.#waiting.set(offer.id, { resolve, reject }));
  }

  async close(): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#worker.ref();
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.postMessage('close');
    await ended;
  }

  #onAnswer({ id, outcome, memory }: WriterAnswer): void {
    this.#pool.push(memory);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (outcome.kind === 'failed') waiting?.reject(fromFailure(outcome.failure));
    else waiting?.resolve(outcome.kind === 'conflict' ? { ...outcome, producer: reviveDigest(outcome.producer) } : outcome);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
