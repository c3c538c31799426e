/** Owns a ledger's writing thread: drafts are offered without waiting for one another, answers come in their order. */

import type { CommitDraft, CommitOutcome, CommitPipeline, Stale } from '../../../model/events/commit.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { LedgerThread } from './ledger-thread.ts';
import { fromFailure } from './thread-failure.ts';
import type { ThreadStart } from './thread-protocol.ts';
import { packDraft, reviveDigest, type WriterAnswer, type WriterOffer } from './writer-protocol.ts';

interface Waiting {
  resolve(outcome: CommitOutcome | Stale): void;
  reject(error: unknown): void;
}

export class WriterThread implements CommitPipeline {
  #thread: LedgerThread<WriterOffer, WriterAnswer> | undefined;
  readonly #waiting = new Map<number, Waiting>();
  /** Memory that was returned. */
  readonly #pool: ArrayBuffer[] = [];
  #nextId = 0;
  #failure: LedgerError | undefined;

  /** Resolves when the thread has opened the ledger. */
  static async start(start: ThreadStart, signal?: AbortSignal): Promise<WriterThread> {
    const writer = new WriterThread();
    const listener = {
      onAnswer: (answer: WriterAnswer) => writer.#onAnswer(answer),
      onEnd: (error: LedgerError) => writer.#fail(error),
    };
    writer.#thread = await LedgerThread.start('writer-worker', start, listener, signal);
    return writer;
  }

  offer(draft: CommitDraft, generation: number): Promise<CommitOutcome | Stale> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const offer = packDraft(this.#nextId++, generation, draft, this.#pool.pop());
    this.#thread?.post(offer, [offer.memory]);
    return new Promise((resolve, reject) => {
      this.#waiting.set(offer.id, { resolve, reject });
      if (this.#waiting.size === 1) this.#thread?.setAwaited(true);
    });
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }

  #onAnswer({ id, outcome, memory }: WriterAnswer): void {
    this.#pool.push(memory);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#thread?.setAwaited(false);
    if (outcome.kind === 'failed') waiting?.reject(fromFailure(outcome.failure));
    else
      waiting?.resolve(
        outcome.kind === 'conflict' ? { ...outcome, producer: reviveDigest(outcome.producer) } : outcome,
      );
  }

  #fail(error: LedgerError): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(outcomeUnknown(error));
    this.#waiting.clear();
  }
}

/** Error of an offer whose answer was lost with the thread. */
function outcomeUnknown(cause: LedgerError): LedgerError {
  return new LedgerError('OUTCOME_UNKNOWN', {
    message: `the writing thread ended while it committed: the last commit may be stored or not (${cause.message})`,
    hint: 'open the ledger again, then emit the same input again; with `producer` or a unique id nothing is stored twice',
    cause,
  });
}
