/** Runs inside a ledger's thread: opens the ledger, then processes messages one at a time, until it is closed or fails. */

import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteLedger } from '../connection/open.ts';
import type { SqliteLedger } from '../sqlite-ledger.ts';
import { toFailure } from './thread-failure.ts';
import type { ThreadControl, ThreadReport, ThreadStart } from './thread-protocol.ts';

/** Sends an answer, with the memory that is transferred with it. */
export type Reply<Answer> = (answer: Answer, transfer: ArrayBuffer[]) => void;

/** To be called once, inside a worker. An error that ends the thread is its last report. `work` gets the signal of the owner's `abort`. */
export function serve<Message, Answer>(
  access: 'read' | 'write',
  work: (ledger: SqliteLedger, message: Message, reply: Reply<Answer>, signal: AbortSignal) => Promise<void>,
): void {
  const port = parentPort;
  if (port === null) throw new Error('a thread of the ledger runs inside a worker alone');
  const { path, file, archive, busyTimeoutMs } = workerData as ThreadStart;
  /** Ends a wait for other processes, and work that takes a signal. */
  const interrupt = new AbortController();
  const report = (message: ThreadReport<Answer>, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  const reply: Reply<Answer> = (answer, transfer) => report({ kind: 'answer', answer }, transfer);
  let ledger: SqliteLedger | null = null;
  let isOver = false;

  const open = async (): Promise<void> => {
    ledger = await openSqliteLedger(path, {
      access,
      busyLimit: { limitMs: busyTimeoutMs, signal: interrupt.signal },
      file,
      archive,
    });
    report({ kind: 'ready' });
  };
  const fail = (error: unknown): void => report({ kind: 'failed', failure: toFailure(error) });
  const close = async (): Promise<void> => {
    isOver = true;
    await ledger?.close().catch(fail);
    port.close();
  };
  /** After a failure queued messages are dropped. Without a catch here the error would be sent as a clone that has lost its class. */
  const guarded = async (step: () => Promise<void>): Promise<void> => {
    if (isOver) return;
    try {
      await step();
    } catch (error) {
      fail(error);
      await close();
    }
  };

  // No top-level await: the bundle of the command line is CommonJS.
  let queue = guarded(open);
  port.on('message', (message: Message | ThreadControl) => {
    if (message === 'abort') {
      interrupt.abort();
      return;
    }
    queue = queue.then(() =>
      guarded(() =>
        message === 'close' ? close() : work(ledger as SqliteLedger, message as Message, reply, interrupt.signal),
      ),
    );
  });
}
