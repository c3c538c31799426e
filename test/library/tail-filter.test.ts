/**
 * The last matches against all of them: a filtered tail delivers the end of what a filtered replay delivers, and reads
 * no more than it needs for that.
 */

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Completengine, TailOptions } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { quick } from '../support/test-size.ts';

/** More than the first windows in which a tail searches back, in commits of many sizes. */
async function engineOf(sizes: readonly number[], ledger = ledgerPath()): Promise<Completengine> {
  const engine = await openEngine({ ledger, routing: 'hash:k', partitions: 3, durability: 'normal' });
  let n = 0;
  for (const size of sizes) await engine.emit(Array.from({ length: size }, () => ({ k: `k${n % 7}`, n: n++ })));
  return engine;
}

const SIZES = [5000, 1, 1, 9000, 3, 40, 12_000, 700, 2, 1, 4096, 1];
const EVENTS = SIZES.reduce((sum, size) => sum + size, 0);

const filter = fc.constantFrom<Pick<TailOptions, 'key' | 'where'>>(
  { key: 'k3' },
  { key: 'k3', where: 'n>20000' },
  { where: 'n<3' },
  { where: 'n~00$' },
  { where: `n=${EVENTS - 1}` },
  { where: ['n>=4990', 'n<=5010'] },
  { key: 'none' },
);

test('the last N that match are the end of all that match, whatever the filter, the start and the partitions', async () => {
  const engine = await engineOf(SIZES);
  const request = fc.record({
    filter,
    last: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(100, 2000, 1_000_000)),
    fromSequence: fc.option(fc.integer({ min: 1, max: EVENTS + 10 }), { nil: undefined }),
    limit: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    partitions: fc.constantFrom<readonly string[]>([], ['p1'], ['p0', 'p2']),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ filter: { key, where }, last, fromSequence, limit, partitions }) => {
      const all = await payloadsOf(engine.replay({ key, where, partitions, fromSequence, determinism: 'relaxed' }));
      const expected = (last === 0 ? [] : all.slice(-last)).slice(0, limit);
      expect(await payloadsOf(engine.tail({ key, where, partitions, last, fromSequence, limit }))).toEqual(expected);
    }),
    { numRuns: quick(14, 120) },
  );
});

test('what precedes the last matches is not read', async () => {
  const ledger = ledgerPath();
  const engine = await engineOf([5000, 5000, 5000, 5000], ledger);
  const db = new Database(ledger);
  for (const table of ['p0', 'p1', 'p2'])
    expect(db.prepare(`UPDATE ${table} SET body = x'5b5d' WHERE sequence = 1`).run().changes).toBe(1);
  db.close();
  const expected = Array.from({ length: 7 }, (_, at) => 19_990 + at).map((n) => JSON.stringify({ k: `k${n % 7}`, n }));
  expect(await payloadsOf(engine.tail({ where: ['n>=19990', 'n<19997'], last: 7 }))).toEqual(expected);
  await failureOf(async () => engine.tail({ where: ['n>=19990', 'n<19997'], last: 8 }), 'VERIFICATION_FAILED');
});

test('progress reports how far it has come, past filtered events, and never past undelivered ones', async () => {
  const engine = await engineOf([10, 10]);
  const through: number[] = [];
  const onProgress = (progress: { through: number }) => through.push(progress.through);
  const read = async (options: TailOptions): Promise<number[]> => {
    through.length = 0;
    await engine.tail({ ...options, onProgress });
    return [...through];
  };
  expect((await read({ where: 'n<3', last: 10 })).at(-1)).toBe(20);
  expect((await read({ where: 'n<0', last: 10 })).at(-1)).toBe(20);
  expect(await read({ where: 'n>=5', from: 'start', limit: 2 })).toEqual([7]);
  expect(await read({ last: 0 })).toEqual([20]);
  expect(await read({ fromSequence: 16 })).toEqual([20]);
  expect(await read({ from: 'start', until: '-1h' })).toEqual([0]);
  const delivered: number[] = [];
  for await (const { sequence } of engine.tail({
    where: 'n!=4',
    from: 'start',
    onProgress: (progress) => delivered.push(-progress.through),
  }))
    delivered.push(sequence);
  for (const [at, mark] of delivered.entries())
    if (mark < 0) expect(delivered.slice(at).filter((sequence) => sequence > 0 && sequence <= -mark)).toEqual([]);
  expect(delivered.at(-1)).toBe(-20);
});

test('a signal is noticed while a long read delivers nothing', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1, durability: 'normal' });
  // several pages for each quarter of them
  const events = quick(24_000, 400_000);
  await engine.emit(manyLines(events));
  const interrupt = new AbortController();
  let through = 0;
  await engine.tail({
    where: 'n<0',
    from: 'start',
    signal: interrupt.signal,
    onProgress: (progress) => {
      // by then pages are read ahead, and there is always another one
      if (through < events / 4 && progress.through >= events / 4) setTimeout(() => interrupt.abort(), 0);
      through = progress.through;
    },
  });
  expect(interrupt.signal.aborted).toBe(true);
  expect(through).toBeLessThan(events);
});

const PAD = 'x'.repeat(quick(900, 80));

async function* manyLines(count: number): AsyncGenerator<string> {
  for (let n = 0; n < count; n += 1000)
    yield Array.from({ length: 1000 }, (_, at) => `{"n":${n + at},"pad":"${PAD}"}\n`).join('');
}

test('what is no condition is refused before anything is read', async () => {
  const engine = await openEngine();
  await failureOf(() => engine.tail({ where: 'mag' }), 'INVALID_ARGUMENT');
});
