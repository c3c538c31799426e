/** A replay as a sink gets it. */

import type { Completengine, EventBatch, EventLabels } from '../../src/index.ts';

export interface ReplayedBatches {
  readonly batches: readonly EventBatch[];
  readonly labels: EventLabels;
}

/** All events of a ledger that has some. */
export async function replayedBatches(engine: Completengine): Promise<ReplayedBatches> {
  const batches: EventBatch[] = [];
  let labels: EventLabels | undefined;
  await engine.replay().deliver({
    deliver: async (page, of) => {
      batches.push(...page);
      labels = of;
      return true;
    },
  });
  return { batches, labels: labels as EventLabels };
}
