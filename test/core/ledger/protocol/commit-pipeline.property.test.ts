import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pipelineOver } from '../../../../src/core/ledger/protocol/commit-pipeline.ts';
import type { CommitDraft, CommitOutcome } from '../../../../src/core/model/events/commit.ts';

const KINDS = ['committed', 'conflict', 'failed'] as const;

/** Offers drafts number 0, 1, .., all of them before the first is decided; `kinds` is what the storage answers. */
async function offerAll(kinds: readonly (typeof KINDS)[number][], generations: readonly number[]) {
  const offered: number[] = [];
  const pipeline = pipelineOver(async (draft) => {
    const at = draft.count;
    offered.push(at);
    await new Promise(setImmediate);
    if (kinds[at] === 'failed') throw new Error('disk');
    return { kind: kinds[at] } as CommitOutcome;
  });
  const answers = await Promise.allSettled(
    generations.map((generation, count) => pipeline.offer({ count } as CommitDraft, generation)),
  );
  await pipeline.close();
  return { offered, answers: answers.map((answer) => (answer.status === 'rejected' ? 'failed' : answer.value.kind)) };
}

it('offers drafts in order, none that was built on one that was not committed, and none after an error', async () => {
  const plans = fc.array(fc.record({ kind: fc.constantFrom(...KINDS), step: fc.nat(1) }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      let generation = 0;
      const generations = plan.map(({ step }) => {
        generation += step;
        return generation;
      });
      const kinds = plan.map(({ kind }) => kind);
      const { offered, answers } = await offerAll(kinds, generations);
      let current = 0;
      const expected = kinds.map((kind, at) => {
        const own = generations[at] as number;
        if (own < current) return 'stale';
        current = { committed: own, conflict: own + 1, failed: Number.POSITIVE_INFINITY }[kind];
        return kind;
      });
      expect(answers).toEqual(expected);
      expect(offered).toEqual([...expected.keys()].filter((at) => expected[at] !== 'stale'));
    }),
    { numRuns: 50 },
  );
});
