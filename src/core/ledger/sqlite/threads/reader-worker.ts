/** Runs in the reading thread: reads the pages of one request, as many ahead as it is permitted. */

import { type ReadRequest, restOf } from '../../../model/events/history.ts';
import { freeBodies } from '../free-memory.ts';
import { PageMemory } from './page-memory.ts';
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
    const memory = new PageMemory(message.memory, { isHashed: rest.verify, leavesHashes: message.leavesHashes });
    const stored = await ledger.readInto(rest, memory);
    const page = packPage(stored, memory);
    freeBodies(stored.commits, page.memory);
    rest = restOf(rest, stored);
    reply({ kind: 'page', page }, [page.memory]);
  } catch (error) {
    rest = null;
    reply({ kind: 'failed', failure: toFailure(error) }, []);
  }
});
