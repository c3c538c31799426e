/** A thread that works on the same ledger with a connection of its own: how it starts, when the process waits for it, and how it ends. */

import { Worker } from 'node:worker_threads';
import { LedgerError } from '../../../model/ledger-error.ts';
import { fromFailure, threadError } from './thread-failure.ts';
import type { ThreadControl, ThreadReport, ThreadStart } from './thread-protocol.ts';

/** These threads make little garbage: a larger nursery would only fill up before it is cleared. */
const YOUNG_MEGABYTES = 2;

export interface ThreadListener<Answer> {
  onAnswer(answer: Answer): void;
  /** The thread has started and cannot go on, or has exited; no answer comes after this. Called once. */
  onEnd(error: LedgerError): void;
}

/**
 * States: starting -> running -> closing -> exited; a thread that fails is exited from any of them.
 * The process waits for a thread that starts or closes, and for a running one while an answer is awaited. `#settleHold` alone decides this: an answer that
 * came while the thread closed once let go of it, and the process ended with code 13 and without a message before the close had resolved.
 */
export class LedgerThread<Message, Answer> {
  readonly #worker: Worker;
  readonly #listener: ThreadListener<Answer>;
  /** Settles with the first report, or the end without one. */
  readonly #started: Promise<void>;
  readonly #exited: Promise<void>;
  #onStart: (error?: LedgerError) => void = () => {};
  #state: 'starting' | 'running' | 'closing' | 'exited' = 'starting';
  #isAwaited = false;
  #failure: LedgerError | undefined;

  private constructor(worker: Worker, listener: ThreadListener<Answer>) {
    this.#worker = worker;
    this.#listener = listener;
    this.#started = new Promise((resolve, reject) => {
      this.#onStart = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#fail(
          new LedgerError('CLOSED', { message: 'a thread of the ledger has ended', hint: 'open the ledger again' }),
        );
        this.#state = 'exited';
        resolve();
      });
    });
    worker.on('message', (report: ThreadReport<Answer>) => this.#onReport(report));
    worker.on('error', (error: unknown) => this.#fail(threadError(error)));
  }

  /** Resolves when the thread has opened the ledger. An abort is passed on to it. @throws LedgerError with what kept it from starting */
  static async start<Message, Answer>(
    script: 'reader-worker' | 'writer-worker',
    start: ThreadStart,
    listener: ThreadListener<Answer>,
    signal?: AbortSignal,
  ): Promise<LedgerThread<Message, Answer>> {
    const worker = new Worker(scriptUrl(script), {
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      // the flags of a program are not for this script: with its `--input-type=module` every thread failed at its start
      execArgv: [],
    });
    const thread = new LedgerThread<Message, Answer>(worker, listener);
    const abort = (): void => worker.postMessage('abort' satisfies ThreadControl);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    // a signal outlives many threads
    worker.once('exit', () => signal?.removeEventListener('abort', abort));
    await thread.#started;
    return thread;
  }

  post(message: Message, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Whether an answer is awaited: an owner that awaits none and forgets to close does not keep the process. */
  setAwaited(isAwaited: boolean): void {
    this.#isAwaited = isAwaited;
    this.#settleHold();
  }

  /** Resolves when the thread has released the ledger. May be called again. @throws LedgerError where releasing it failed */
  async close(): Promise<void> {
    const before = this.#failure;
    if (this.#state === 'running') {
      this.#state = 'closing';
      this.#settleHold();
      this.#worker.postMessage('close' satisfies ThreadControl);
    }
    await this.#exited;
    if (before === undefined && this.#failure?.code !== 'CLOSED') throw this.#failure;
  }

  #onReport(report: ThreadReport<Answer>): void {
    if (report.kind === 'answer') return this.#listener.onAnswer(report.answer);
    if (report.kind === 'failed') return this.#fail(fromFailure(report.failure));
    this.#state = 'running';
    this.#settleHold();
    this.#onStart();
  }

  #fail(error: LedgerError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    if (this.#state === 'starting') this.#onStart(error);
    else this.#listener.onEnd(error);
  }

  #settleHold(): void {
    if (this.#state === 'exited') return;
    const isHeld = this.#state !== 'running' || this.#isAwaited;
    if (isHeld) this.#worker.ref();
    else this.#worker.unref();
  }
}

/** The scripts stand beside this module. The bundle that starts fast is CommonJS and has them as such too: they start 11 ms sooner. */
function scriptUrl(script: string): URL {
  return new URL(`./${script}.${import.meta.url.endsWith('.cjs') ? 'cjs' : 'js'}`, import.meta.url);
}
