/**
 * Sticky sessions and changes of routing: what a pin survives, what ends it, what precedes it, and what is predicted of
 * it.
 */

import { expect, test } from 'vitest';
import { type Completengine, stickyBy } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { storedPins } from '../support/sessions.ts';

/** Emits an event for each session and returns their partitions. */
async function emit(engine: Completengine, ...sessions: string[]): Promise<string> {
  return (await engine.emit(sessions.map((s) => ({ s })))).map(({ partition }) => partition).join(' ');
}

async function explained(engine: Completengine, ...sessions: string[]): Promise<string> {
  return (await engine.partitioning.explain(sessions)).map(({ partition }) => partition).join(' ');
}

test('a pin outlives new partitions, and new sessions go to them', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: stickyBy('s'), partitions: 2 });
  const other = await openEngine({ ledger });
  expect(await emit(other, 'a', 'b')).toBe('p0 p1');
  await engine.partitioning.add(['x']);
  expect(await explained(engine, 'a', 'b', 'c', 'd')).toBe('p0 p1 x x');
  // one that was open before takes the epoch up with its next commit
  expect(await emit(other, 'a', 'b', 'c')).toBe('p0 p1 x');
  await expectSoundLedger(ledger);
});

test('a session that is placed goes there, and its pin waits unchanged', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: stickyBy('s'), partitions: 3 });
  await emit(engine, 'a', 'b');
  const before = storedPins(ledger);
  await engine.partitioning.place([
    { key: 'a', partition: 'p2' },
    { key: 'z', partition: 'p2' },
  ]);
  expect(await explained(engine, 'a', 'b', 'z')).toBe('p2 p1 p2');
  expect(await emit(engine, 'a', 'b', 'z')).toBe('p2 p1 p2');
  expect((await engine.emit({ n: 1 }, { key: 'z' })).partition).toBe('p2');
  expect(storedPins(ledger)).toEqual(before);
  await expectSoundLedger(ledger);
});

test('another routing in between ends pins, and so does a partition that takes no keys any more', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: stickyBy('s'), partitions: ['one', 'two', 'three'] });
  expect(await emit(engine, 'a', 'b', 'c', 'c', 'c')).toBe('one two three three three');
  await engine.partitioning.reroute(stickyBy('s'), { partitions: ['one', 'three'] });
  expect(await emit(engine, 'a', 'b', 'c')).toBe('one one three');
  await expectSoundLedger(ledger);
  await engine.partitioning.reroute('hash:s');
  await emit(engine, 'a', 'b', 'c', 'd');
  await engine.partitioning.reroute(stickyBy('s'), { partitions: ['two', 'three'] });
  expect(await emit(engine, 'c', 'a')).toMatch(/^two (two|three)$/);
  await expectSoundLedger(ledger);
  await engine.close();
  const again = await openEngine({ ledger });
  expect(await emit(again, 'c')).toBe('two');
  await expectSoundLedger(ledger);
});

test('events are explained as if they came now, and nothing is written', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: stickyBy('s', { missing: 'rest' }), partitions: 2 });
  await emit(engine, 'a', 'b', 'b');
  const lines = '{"s":"b"}\n{"s":"new"}\n{}\n{"s":"newer"}\n{"s":"new"}\n';
  async function* input(): AsyncGenerator<string> {
    yield lines;
  }
  const delivered: unknown[] = [];
  for await (const page of engine.partitioning.explainLines([{ name: 'stdin', open: input }])) {
    for (const { partition, cause } of page) delivered.push([partition, cause]);
  }
  expect(delivered).toEqual([
    ['p1', 'rule'],
    ['p0', 'rule'],
    ['rest', 'missing'],
    ['p0', 'rule'],
    ['p0', 'rule'],
  ]);
  expect(storedPins(ledger)).toHaveLength(2);
  expect((await engine.head()).sequence).toBe(3);
});

test('where sessions would go by another routing is not foretold', async () => {
  const engine = await openEngine({ routing: stickyBy('s') });
  await failureOf(() => engine.partitioning.previewReroute('hash:s'), 'INVALID_ARGUMENT');
  const hashed = await openEngine({ routing: 'hash:s' });
  await failureOf(() => hashed.partitioning.previewReroute('sticky:s'), 'INVALID_ARGUMENT');
});
