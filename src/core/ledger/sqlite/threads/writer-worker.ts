/** Runs in the writing thread: hashes and commits drafts in the order in which they are offered. */

import type { Ledger } from '../../ledger.ts';
import { OfferOrder } from '../../protocol/offer-order.ts';
import { toFailure } from './thread-failure.ts';
import { serve } from './thread-script.ts';
import { unpackDraft, type WriterAnswer, type WriterOffer } from './writer-protocol.ts';

const order = new OfferOrder();

serve<WriterOffer, WriterAnswer>('write', async (ledger, offer, reply) => {
  const { id, memory } = offer;
  reply({ id, outcome: await answer(ledger, offer), memory }, [memory]);
});

async function answer(ledger: Ledger, offer: WriterOffer): Promise<WriterAnswer['outcome']> {
  try {
    return await order.offer(offer.generation, () => ledger.commit(unpackDraft(offer)));
  } catch (error) {
    return { kind: 'failed', failure: toFailure(error) };
  }
}
