/** The writing thread: owns a connection of its own, hashes and commits what it is offered, in that order. */

import { parentPort, workerData } from 'node:worker_threads';
import type { CommitOutcome } from '../../model/commit.ts';
import type { ThreadStart } from './ledger-thread.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';
import { toFailure } from './thread-failure.ts';
import { unpackDraft, type WriterAnswer, type WriterOffer } from './writer-protocol.ts';

const port = parentPort;
if (port === null) throw new Error('the writing thread runs inside a worker alone');
const { path, file, busyTimeoutMs } = workerData as ThreadStart;
/** Ends a wait for other processes. */
const interrupt = new AbortController();
const ledger = await openSqliteLedger(path, { access: 'write', patience: { limitMs: busyTimeoutMs, signal: interrupt.signal }, file });

/** Offers of an earlier generation were built on a head that a conflict has shown to be wrong. */
let generation = 0;
let queue = Promise.resolve();

port.on('message', (message: WriterOffer | 'close' | 'abort') => {
  if (message === 'abort') {
    interrupt.abort();
    return;
  }
  queue = queue.then(async () => {
    if (message === 'close') {
      await ledger.close();
      port.close();
    } else {
      const answer: WriterAnswer = { id: message.id, outcome: await settle(message), memory: message.memory };
      port.postMessage(answer, [message.memory]);
    }
  });
});

async function settle(offer: WriterOffer): Promise<WriterAnswer['outcome']> {
  if (offer.generation < generation) return { kind: 'stale' };
  try {
    const outcome: CommitOutcome = await ledger.commit(unpackDraft(offer));
    // what stands behind a conflict in the queue was built on the same mistake
    generation = outcome.kind === 'conflict' ? offer.generation + 1 : offer.generation;
    return outcome;
  } catch (error) {
    generation = Number.MAX_SAFE_INTEGER;
    return { kind: 'failed', failure: toFailure(error) };
  }
}

port.postMessage('ready');
