/** The reading thread: reads the pages of one request, as many ahead as it has turns. */

import { MessageChannel } from 'node:worker_threads';
import { type Page, type ReadRequest, restOf } from '../../../model/events/history.ts';
import { packPage, type ReaderAnswer, type ReaderMessage } from './reader-protocol.ts';
import { toFailure } from './thread-failure.ts';
import { serve } from './thread-script.ts';

/** What is left to be read; null behind the last page. */
let rest: ReadRequest | null = null;

serve<ReaderMessage, ReaderAnswer>('read', async (ledger, message, reply) => {
  if (message.kind === 'begin') {
    rest = message.request;
    return;
  }
  if (rest === null) return;
  try {
    const stored = await ledger.readStored(rest);
    const page = packPage(stored, message.memory ?? undefined);
    dispose(stored);
    rest = restOf(rest, stored);
    reply({ kind: 'page', page }, [page.memory]);
  } catch (error) {
    rest = null;
    reply({ kind: 'failed', failure: toFailure(error) }, []);
  }
});

/** Nobody listens at the other end: what is handed over is freed at once, where the garbage collector would wait for tens of megabytes. */
const { port1: disposal, port2: closed } = new MessageChannel();
closed.close();

function dispose({ commits }: Page): void {
  const memories = commits.flatMap(({ frames }) => frames.map(({ body }) => body.buffer as ArrayBuffer));
  disposal.postMessage(null, [...new Set(memories)]);
}
