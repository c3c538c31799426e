/** The inside of a ledger's thread: opens the ledger, then works off what it is told, one message after the other, until it is told to close. */

import { parentPort, workerData } from 'node:worker_threads';
import type { Ledger } from '../ledger.ts';
import type { ThreadStart } from './ledger-thread.ts';
import { openSqliteLedger } from './open.ts';

/** Answers go out with the memory that changes hands with them. */
export type Tell<Answer> = (answer: Answer, transfer: ArrayBuffer[]) => void;

/** To be called once, inside a worker. A ledger that cannot be opened ends the thread with the error. */
export function serve<Message, Answer>(access: 'read' | 'write', work: (ledger: Ledger, message: Message, tell: Tell<Answer>) => Promise<void>): void {
  const port = parentPort;
  if (port === null) throw new Error('a thread of the ledger runs inside a worker alone');
  const { path, file, busyTimeoutMs } = workerData as ThreadStart;
  /** Ends a wait for other processes. */
  const interrupt = new AbortController();
  const opening = openSqliteLedger(path, { access, patience: { limitMs: busyTimeoutMs, signal: interrupt.signal }, file });
  const tell: Tell<Answer> = (answer, transfer) => port.postMessage(answer, transfer);
  // not top-level await: the command line's bundle is CommonJS
  let queue = opening.then(() => port.postMessage('ready'));

  port.on('message', (message: Message | 'close' | 'abort') => {
    if (message === 'abort') {
      interrupt.abort();
      return;
    }
    queue = queue.then(async () => {
      const ledger = await opening;
      if (message !== 'close') return work(ledger, message, tell);
      await ledger.close();
      port.close();
    });
  });
}
