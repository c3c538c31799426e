/**
 * A path that no event has is reported: only this distinguishes a misspelt path from a condition that nothing meets.
 */

import { expect, test } from 'vitest';
import type { Completengine } from '../../src/index.ts';
import { failureOf, openEngine } from '../support/engines.ts';

async function engineOfThree(): Promise<Completengine> {
  const engine = await openEngine({ partition: 'hash:k', partitions: 2 });
  await engine.emit([
    { k: 'a', n: 1, deep: { x: null } },
    { k: 'b', n: 2 },
    { k: 'b', n: 3, late: true },
  ]);
  return engine;
}

test.each([
  [{ where: 'n>2' }, []],
  [{ where: 'n>9' }, []],
  [{ where: 'deep.x=null' }, []],
  [{ where: 'late=false' }, []],
  [{ where: 'nn>2' }, ['nn']],
  [{ where: ['n>2', 'deep.y=1', '"a.b"~x', 'N!=1', 'deep.y>4'] }, ['deep.y', '"a.b"', 'N']],
  // an inequality is met by events without the field
  [{ where: 'nn!=2' }, ['nn']],
  // only events that have the key are examined
  [{ key: 'b', where: 'deep.x=1' }, ['deep.x']],
  [{ key: 'a', where: 'deep.x=1' }, []],
  [{ key: 'none', where: 'nn=1' }, []],
  [{}, []],
])('%j: %j', async (request, missing) => {
  const engine = await engineOfThree();
  for (const report of [await engine.replay(request), await engine.tail(request), await engine.dryRun(request)]) {
    expect(report.missingFields).toEqual(missing);
  }
});

test('if nothing was examined nothing is missing', async () => {
  const engine = await engineOfThree();
  expect((await engine.replay({ where: 'nn=1', fromSequence: 4 })).missingFields).toEqual([]);
  expect((await engine.tail({ where: 'nn=1', from: 'end' })).missingFields).toEqual([]);
});

test('each run counts for itself, and a transfer counts as well', async () => {
  const engine = await engineOfThree();
  expect((await engine.replay({ where: 'late=true', throughSequence: 2 })).missingFields).toEqual(['late']);
  expect((await engine.replay({ where: 'late=true' })).missingFields).toEqual([]);
  expect((await engine.replayInto(await openEngine(), { where: 'nn=1' })).missingFields).toEqual(['nn']);
});

test('a regular expression that cannot be read is refused before anything is read or made', async () => {
  const engine = await engineOfThree();
  await failureOf(() => engine.replay({ where: 's~(' }), 'INVALID_ARGUMENT');
  await failureOf(() => engine.tail({ where: 's~(' }), 'INVALID_ARGUMENT');
  await failureOf(() => engine.range({ where: 's~(' }), 'INVALID_ARGUMENT');
});
