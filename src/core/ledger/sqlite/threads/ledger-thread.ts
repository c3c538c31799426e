/** Starts, holds and closes a thread that works on the same ledger with a connection of its own. */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LedgerError } from '../../../model/ledger-error.ts';
import { fromFailure, threadError } from './thread-failure.ts';
import type { ThreadControl, ThreadReport, ThreadStart } from './thread-protocol.ts';

/** These threads make little garbage: a larger nursery would only fill up before it is cleared. */
const YOUNG_MEGABYTES = 2;

export interface ThreadListener<Answer> {
  onAnswer(answer: Answer): void;
  /** The thread failed after its start, or exited; no answer comes after this. Called once. */
  onEnd(error: LedgerError): void;
}

/**
 * States: starting -> running -> closing -> exited; a thread that fails is exited from any of them.
 * The process waits for a thread that starts or closes, and for a running one while an answer is awaited. `#updateHold` alone decides this: an answer that
 * came while the thread closed once released it, and the process ended with code 13 and without a message before the close had resolved.
 */
export class LedgerThread<Message, Answer> {
  readonly #worker: Worker;
  readonly #listener: ThreadListener<Answer>;
  /** Resolves or rejects with the first report, or with the exit if none came. */
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

  /** Resolves when the thread has opened the ledger. An abort is passed on to it. @throws LedgerError with the reason if it cannot start */
  static async start<Message, Answer>(
    script: 'reader-worker' | 'writer-worker' | 'backup-worker',
    start: ThreadStart,
    listener: ThreadListener<Answer>,
    signal?: AbortSignal,
  ): Promise<LedgerThread<Message, Answer>> {
    const worker = new Worker(scriptPath(script), {
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      // Without the program's flags: with its `--input-type=module` every thread failed to start.
      execArgv: [],
    });
    const thread = new LedgerThread<Message, Answer>(worker, listener);
    const abort = (): void => worker.postMessage('abort' satisfies ThreadControl);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    // The signal outlives many threads.
    worker.once('exit', () => signal?.removeEventListener('abort', abort));
    await thread.#started;
    return thread;
  }

  post(message: Message, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Whether an answer is awaited: an owner that awaits none and forgets to close must not keep the process alive. */
  setAwaited(isAwaited: boolean): void {
    this.#isAwaited = isAwaited;
    this.#updateHold();
  }

  /** Resolves when the thread has released the ledger. May be called again. @throws LedgerError if releasing it failed */
  async close(): Promise<void> {
    const before = this.#failure;
    if (this.#state === 'running') {
      this.#state = 'closing';
      this.#updateHold();
      this.#worker.postMessage('close' satisfies ThreadControl);
    }
    await this.#exited;
    if (before === undefined && this.#failure?.code !== 'CLOSED') throw this.#failure;
  }

  #onReport(report: ThreadReport<Answer>): void {
    if (report.kind === 'answer') return this.#listener.onAnswer(report.answer);
    if (report.kind === 'failed') return this.#fail(fromFailure(report.failure));
    this.#state = 'running';
    this.#updateHold();
    this.#onStart();
  }

  #fail(error: LedgerError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    if (this.#state === 'starting') this.#onStart(error);
    else this.#listener.onEnd(error);
  }

  #updateHold(): void {
    if (this.#state === 'exited') return;
    const isHeld = this.#state !== 'running' || this.#isAwaited;
    if (isHeld) this.#worker.ref();
    else this.#worker.unref();
  }
}

/** The scripts are beside this module. The bundle of the command line is CommonJS, and so are its scripts: they start 11 ms sooner. */
function scriptPath(script: string): string {
  return join(import.meta.dirname, `${script}.${import.meta.filename.endsWith('.cjs') ? 'cjs' : 'js'}`);
}
