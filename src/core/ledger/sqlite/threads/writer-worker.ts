/** Runs in the writing thread: hashes and commits drafts in the order in which they are offered. */

import type { CommitPipeline } from '../../../model/events/commit.ts';
import type { Ledger } from '../../ledger.ts';
import { pipelineOver } from '../../protocol/commit-pipeline.ts';
import { toFailure } from './thread-failure.ts';
import { serve } from './thread-script.ts';
import { unpackDraft, type WriterAnswer, type WriterOffer } from './writer-protocol.ts';

let pipeline: CommitPipeline | undefined;

serve<WriterOffer, WriterAnswer>('write', async (ledger, offer, reply) => {
  const { id, memory } = offer;
  reply({ id, outcome: await answer(ledger, offer), memory }, [memory]);
});

async function answer(ledger: Ledger, offer: WriterOffer): Promise<WriterAnswer['outcome']> {
  pipeline ??= pipelineOver((draft) => ledger.commit(draft));
  try {
    return await pipeline.offer(unpackDraft(offer), offer.generation);
  } catch (error) {
    return { kind: 'failed', failure: toFailure(error) };
  }
}
