/** Runs in the reading thread: reads the pages of one request, as many ahead as it is permitted, or verifies stretches of history. */

import { type ReadRequest, restOf } from '../../../model/events/history.ts';
import { freeBodies } from '../free-memory.ts';
import type { SqliteLedger } from '../sqlite-ledger.ts';
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
  try {
    const answer = await answerTo(ledger, message);
    if (answer !== null) reply(answer, answer.kind === 'page' ? [answer.page.memory, ...answer.page.own] : []);
  } catch (error) {
    rest = null;
    reply({ kind: 'failed', failure: toFailure(error) }, []);
  }
});

/** Null: the last page was sent before. */
async function answerTo(
  ledger: SqliteLedger,
  message: Exclude<ReaderMessage, { kind: 'begin' }>,
): Promise<ReaderAnswer | null> {
  if (message.kind === 'stretch') return { kind: 'stretch', verified: await ledger.verifyStretch(message.stretch) };
  if (message.kind === 'structure') {
    await ledger.checkStructure();
    return { kind: 'structure' };
  }
  if (rest === null) return null;
  const memory = new PageMemory(message.memory, { isHashed: rest.verify, leavesHashes: message.leavesHashes });
  const stored = await ledger.readInto(rest, memory);
  const page = packPage(stored, memory);
  freeBodies(stored.commits, page.memory, ...page.own);
  rest = restOf(rest, stored);
  return { kind: 'page', page };
}
