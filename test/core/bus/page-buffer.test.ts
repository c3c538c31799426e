/** The rest of one page: portions of any size give the same events, and taking one does not rescan the rest. */

import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { PageBuffer } from '../../../src/core/bus/page-buffer.ts';
import { EventBatch } from '../../../src/core/model/events/event.ts';
import { storedOf } from '../../support/stored-commit.ts';

afterEach(() => vi.restoreAllMocks());

const EVERYTHING = { from: 1, through: Number.MAX_SAFE_INTEGER };

/** A page of commits with the given numbers of events. */
function pageOf(sizes: readonly number[]): { batches: readonly EventBatch[]; next: number } {
  let next = 1;
  const batches = sizes.map((size) => {
    const delivered = Array.from({ length: size }, (_, nth) => ({
      sequence: next + nth,
      partition: 0,
      offset: next + nth - 1,
      time: 1,
      payload: `${next + nth}`,
    }));
    const batch = EventBatch.of(storedOf(next, delivered), EVERYTHING);
    next += size;
    return batch;
  });
  return { batches, next };
}

it('gives the events of a page in order, whatever is taken at a time, and leaves the page as it was', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      async (commits, portions) => {
        const page = pageOf(commits);
        let reads = 0;
        const buffer = new PageBuffer(async () => {
          reads++;
          return page;
        });
        const taken: number[] = [];
        let from = 1;
        for (let nth = 0; from < page.next; nth++) {
          const { batches, next } = await buffer.take(from, portions[nth % portions.length] as number);
          taken.push(...batches.flatMap(({ sequences }) => [...sequences]));
          from = next;
        }
        expect(taken).toEqual(Array.from({ length: page.next - 1 }, (_, n) => n + 1));
        expect(reads).toBe(1);
        expect(page.batches.map(({ count }) => count)).toEqual(commits);
        expect((await buffer.take(1, 1)).batches[0]?.sequences[0]).toBe(1);
        expect(reads).toBe(2);
      },
    ),
    { numRuns: 50 },
  );
});

it('touches only what it gives', async () => {
  const page = pageOf(Array.from({ length: 1000 }, () => 1));
  const buffer = new PageBuffer(async () => page);
  const slice = vi.spyOn(EventBatch.prototype, 'slice');
  for (let from = 1; from < page.next; ) ({ next: from } = await buffer.take(from, 1));
  expect(slice.mock.calls.length).toBeLessThanOrEqual(2000);
});
