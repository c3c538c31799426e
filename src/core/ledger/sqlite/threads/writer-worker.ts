/** The writing thread: hashes and commits what it is offered, in that order. */

import type { Ledger } from '../../ledger.ts';
import { toFailure } from './thread-failure.ts';
import { serve } from './thread-script.ts';
import { unpackDraft, type WriterAnswer, type WriterOffer } from './writer-protocol.ts';

/** Offers of an earlier generation were built on a head that a conflict has shown to be wrong. */
let generation = 0;

serve<WriterOffer, WriterAnswer>('write', async (ledger, offer, reply) => {
  const { id, memory } = offer;
  reply({ id, outcome: await settle(ledger, offer), memory }, [memory]);
});

async function settle(ledger: Ledger, offer: WriterOffer): Promise<WriterAnswer['outcome']> {
  if (offer.generation < generation) return { kind: 'stale' };
  try {
    const outcome = await ledger.commit(unpackDraft(offer));
    // what stands behind a conflict in the queue was built on the same mistake
    generation = outcome.kind === 'conflict' ? offer.generation + 1 : offer.generation;
    return outcome;
  } catch (error) {
    generation = Number.MAX_SAFE_INTEGER;
    return { kind: 'failed', failure: toFailure(error) };
  }
}
