/** A thread that works on the same ledger with a connection of its own: how it starts, and how it ends. */

import { Worker } from 'node:worker_threads';
import { LedgerError } from '../../model/ledger-error.ts';
import type { FileIdentity } from './file-guard.ts';

/** What a thread is started with. */
export interface ThreadStart {
  readonly path: string;
  /** It must find the same file there. */
  readonly file: FileIdentity;
  readonly busyTimeoutMs: number;
}

/** These threads make little garbage: a larger nursery would only fill up before it is cleared. */
const YOUNG_MEGABYTES = 2;

export interface ThreadListener<Answer> {
  onAnswer(answer: Answer): void;
  /** It has ended by itself; no answer will come any more. */
  onEnd(error: unknown): void;
}

export class LedgerThread<Message, Answer> {
  readonly #worker: Worker;
  #hasEnded = false;

  private constructor(worker: Worker, listener: ThreadListener<Answer>) {
    this.#worker = worker;
    const end = (error: unknown): void => {
      this.#hasEnded = true;
      listener.onEnd(error);
    };
    worker.on('message', (answer: Answer) => listener.onAnswer(answer));
    worker.on('error', end);
    worker.on('exit', () => end(new LedgerError('CLOSED', { message: 'a thread of the ledger has ended', hint: 'open the ledger again' })));
    // an owner that forgets to close does not hang; behind the listeners, because each of them holds the process again
    worker.unref();
  }

  /** Resolves when the thread is ready: its first message is no answer. An abort is passed on to it. */
  static async start<Message, Answer>(
    script: 'reader-worker' | 'writer-worker',
    start: ThreadStart,
    listener: ThreadListener<Answer>,
    signal?: AbortSignal,
  ): Promise<LedgerThread<Message, Answer>> {
    const worker = new Worker(scriptUrl(script), { workerData: start, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } });
    const abort = (): void => worker.postMessage('abort');
    signal?.addEventListener('abort', abort);
    // a signal outlives many threads
    worker.once('exit', () => signal?.removeEventListener('abort', abort));
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', () => {
        // not all listeners: the worker's own among them keep its messages coming
        worker.off('error', reject);
        resolve();
      });
    });
    return new LedgerThread<Message, Answer>(worker, listener);
  }

  post(message: Message, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Whether the process waits for this thread. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#worker.ref();
    else this.#worker.unref();
  }

  /** Resolves when it has let go of the ledger. */
  async close(): Promise<void> {
    if (this.#hasEnded) return;
    this.#worker.ref();
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.postMessage('close');
    await ended;
  }
}

/** The scripts stand beside this module. The bundle that starts fast is CommonJS and has them as such too: they start 11 ms sooner. */
function scriptUrl(script: string): URL {
  return new URL(`./${script}.${import.meta.url.endsWith('.cjs') ? 'cjs' : 'js'}`, import.meta.url);
}
