/** Runs in the reading thread: reads the pages of one request, as many ahead as it is permitted. */

import { MessageChannel } from 'node:worker_threads';
import { type Page, type ReadRequest, restOf } from '../../../model/events/history.ts';
import { packPage, type ReaderAnswer, type ReaderMessage } from './reader-protocol.ts';
import { toFailure } from './thread-failure.ts';
import { serve } from './thread-script.ts';

/** The rest of the request; null after the last page. */
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

/** A port without a receiver: memory that is transferred to it is freed at once, where the garbage collector would wait for tens of megabytes. */
const { port1: disposal, port2: closed } = new MessageChannel();
closed.close();

function dispose({ commits }: Page): void {
  const memories = commits.flatMap(({ frames }) => frames.map(({ body }) => body.buffer as ArrayBuffer));
  disposal.postMessage(null, [...new Set(memories)]);
}
