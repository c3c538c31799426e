/** History that was verified in stretches gives what verifying it in one run gives, and nothing that does not fit is joined. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CommitRow } from '../../../../src/core/ledger/protocol/link-check.ts';
import { type StretchProof, StretchRun, VerifyRun } from '../../../../src/core/ledger/protocol/verify-run.ts';
import type { StoredCommit } from '../../../../src/core/model/events/commit.ts';
import { type Delivered, storedOf } from '../../../support/stored-commit.ts';
import { quick } from '../../../support/test-size.ts';

interface Made {
  readonly row: CommitRow;
  readonly commit: StoredCommit;
}

/** Sizes of commits, steps of time and choices of partition and producer. */
const history = fc.array(
  fc.record({
    events: fc.array(fc.record({ partition: fc.nat(2), step: fc.nat(3) }), { minLength: 1, maxLength: 5 }),
    producer: fc.constantFrom(null, 'one', 'two'),
  }),
  { minLength: 1, maxLength: 12 },
);

type Plan = typeof history extends fc.Arbitrary<infer Value> ? Value : never;

function made(plan: Plan): Made[] {
  const offsets = [0, 0, 0];
  let [sequence, time] = [1, 1000];
  return plan.map(({ events, producer }, nth) => {
    const firstSequence = sequence;
    const delivered = events.map(({ partition, step }): Delivered => {
      time += step;
      const offset = offsets[partition] as number;
      offsets[partition] = offset + 1;
      return { sequence: sequence++, partition, offset, time, payload: `{"n":${offset}}` };
    });
    const row: CommitRow = {
      firstSequence,
      count: events.length,
      firstTime: (delivered[0] as Delivered).time,
      lastTime: time,
      committedAt: time,
      producer,
      producerPosition: producer === null ? null : sequence,
      producerDigest: producer === null ? null : Buffer.alloc(32, nth),
      sentTo: null,
      hash: Buffer.alloc(32, nth + 1),
    };
    return { row, commit: storedOf(firstSequence, delivered) };
  });
}

const headOf = ({ row }: Made) => ({ sequence: row.firstSequence + row.count - 1, hash: row.hash.toString('hex') });

function stretchOf(commits: readonly Made[], heads: readonly ReturnType<typeof headOf>[]): StretchProof {
  const run = new StretchRun((commits[0] as Made).row.firstSequence, heads);
  for (const { row, commit } of commits) run.take(row, commit.frames);
  // as another thread sends it
  return structuredClone(run.proof());
}

function stretchesOf(commits: readonly Made[], cuts: readonly number[], heads: readonly ReturnType<typeof headOf>[]) {
  const ends = [...new Set([...cuts.map((cut) => cut % commits.length), commits.length])].sort(
    (one, other) => one - other,
  );
  return ends.flatMap((end, nth) => {
    const own = commits.slice(nth === 0 ? 0 : ends[nth - 1], end);
    return own.length === 0 ? [] : [stretchOf(own, heads)];
  });
}

test('stretches joined in order are the run of all commits', () => {
  fc.assert(
    fc.property(history, fc.array(fc.nat(11), { maxLength: 4 }), (plan, cuts) => {
      const commits = made(plan);
      const last = headOf(commits.at(-1) as Made);
      const head = { ...last, time: 0 };
      const checkpoints = commits.map(headOf);
      const [whole, joined] = [new VerifyRun({ checkpoints }), new VerifyRun({ checkpoints })];
      for (const { row, commit } of commits) whole.take(row, commit.frames);
      for (const stretch of stretchesOf(commits, cuts, checkpoints)) expect(joined.join(stretch)).toBe(true);
      joined.checkEnd(head as never);
      expect(joined.report(head as never)).toEqual(whole.report(head as never));
      expect(joined.producers).toEqual(whole.producers);
      // what comes next must continue them
      const extra = made([...plan, ...plan]).slice(plan.length);
      for (const { row, commit } of extra) {
        whole.take(row, commit.frames);
        joined.take(row, commit.frames);
      }
      expect(joined.events).toBe(whole.events);
      // a head that is not met is not proven
      const other = new VerifyRun({ anchor: { ...last, hash: '0'.repeat(64) } });
      for (const stretch of stretchesOf(commits, cuts, [last])) other.join(stretch);
      expect(() => other.report(head as never)).toThrow(expect.objectContaining({ code: 'HEAD_MISMATCH' }));
    }),
    { numRuns: quick(100, 3000) },
  );
});

test('a stretch that leaves out events, goes back in time or skips offsets is not joined, and changes nothing', () => {
  fc.assert(
    fc.property(history, (plan) => {
      const commits = made(plan);
      const stretch = stretchOf(commits, []);
      const [first] = stretch.offsets;
      const wrong: StretchProof[] = [
        { ...stretch, from: stretch.from + 1 },
        {
          ...stretch,
          offsets: stretch.offsets.map((each) => (each === first ? { ...each, first: each.first + 1 } : each)),
        },
      ];
      const run = new VerifyRun({});
      for (const each of wrong) expect(run.join(each)).toBe(false);
      expect(run.join(stretch)).toBe(true);
      // as if it came again, a step back in time
      const next = { ...stretch, from: stretch.from + stretch.events };
      const offsets = stretch.offsets.map((each) => ({ ...each, first: each.next, next: 2 * each.next }));
      expect(run.join({ ...next, offsets, firstTime: stretch.lastTime - 1 })).toBe(false);
      expect(run.join({ ...next, offsets, firstTime: stretch.lastTime })).toBe(true);
      expect(run.events).toBe(2 * stretch.events);
    }),
    { numRuns: quick(60, 2000) },
  );
});
