/** The reading thread: owns a connection of its own and reads the pages of one range, as many ahead as it has turns. */

import { MessageChannel, parentPort, workerData } from 'node:worker_threads';
import type { Page, ReadRequest } from '../../model/history.ts';
import type { ThreadStart } from './ledger-thread.ts';
import { packPage, type ReaderAnswer, type ReaderMessage } from './reader-protocol.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';
import { toFailure } from './thread-failure.ts';

const port = parentPort;
if (port === null) throw new Error('the reading thread runs inside a worker alone');
const { path, file, busyTimeoutMs } = workerData as ThreadStart;
const interrupt = new AbortController();
const ledger = await openSqliteLedger(path, { access: 'read', patience: { limitMs: busyTimeoutMs, signal: interrupt.signal }, file });

/** What is left to be read; null behind the last page. */
let rest: ReadRequest | null = null;
let queue = Promise.resolve();

port.on('message', (message: ReaderMessage | 'close' | 'abort') => {
  if (message === 'abort') {
    interrupt.abort();
    return;
  }
  queue = queue.then(async () => {
    if (message === 'close') {
      await ledger.close();
      port.close();
    } else if (message.kind === 'begin') {
      rest = message.request;
    } else {
      await read(message.memory ?? undefined);
    }
  });
});

/** Nobody listens at the other end: what is handed over is freed at once, where the garbage collector would wait for tens of megabytes. */
const { port1: disposal, port2: closed } = new MessageChannel();
closed.close();

function dispose({ commits }: Page): void {
  const memories = commits.flatMap(({ frames }) => frames.map(({ body }) => body.buffer as ArrayBuffer));
  disposal.postMessage(null, [...new Set(memories)]);
}

async function read(memory: ArrayBuffer | undefined): Promise<void> {
  if (rest === null) return;
  try {
    const stored = await ledger.read(rest);
    const page = packPage(stored, memory);
    dispose(stored);
    rest = page.next === null ? null : { ...rest, range: { ...rest.range, from: page.next } };
    tell({ kind: 'page', page }, [page.memory]);
  } catch (error) {
    rest = null;
    tell({ kind: 'failed', failure: toFailure(error) }, []);
  }
}

function tell(answer: ReaderAnswer, transfer: ArrayBuffer[]): void {
  port?.postMessage(answer, transfer);
}

port.postMessage('ready');
