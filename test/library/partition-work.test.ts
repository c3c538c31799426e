/** Work at the ends of a ledger by its number of partitions: counted statements and rows, because time says nothing on a busy machine. */

import Database from 'better-sqlite3';
import { afterEach, expect, test, vi } from 'vitest';
import { Completengine, hashOf, type LedgerEvent, type TailOptions } from '../../src/index.ts';
import { ledgerPath } from '../support/engines.ts';

afterEach(() => vi.restoreAllMocks());

/** Statements on tables of partitions that `work` compiles, by what they ask, with `pN` for each partition. */
async function statementsOf(work: () => Promise<unknown>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const prepare = Database.prototype.prepare;
  const spy = vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (this: Database.Database, sql) {
    const asked = sql.replaceAll(/\bp\d+\b/g, 'pN');
    if (asked !== sql || asked.includes('sqlite_schema')) counts.set(asked, (counts.get(asked) ?? 0) + 1);
    return prepare.call(this, sql);
  } as typeof prepare);
  await work();
  spy.mockRestore();
  return counts;
}

/** How many of them there are for each partition more. */
async function statementsByPartition(work: (ledger: string) => Promise<unknown>): Promise<number> {
  const totals: number[] = [];
  for (const partitions of [34, 66]) {
    const ledger = ledgerPath();
    await Completengine.create(ledger, { routing: hashOf('n'), partitions });
    const engine = await Completengine.open({ ledger, access: 'write' });
    for (let n = 0; n < 3; n++) await engine.emit({ n });
    await engine.close();
    const counts = await statementsOf(() => work(ledger));
    totals.push([...counts.values()].reduce((sum, count) => sum + count, 0));
  }
  const [few = 0, many = 0] = totals;
  return (many - few) / 32;
}

async function within(
  ledger: string,
  access: 'read' | 'write',
  work: (engine: Completengine) => Promise<unknown>,
): Promise<void> {
  const engine = await Completengine.open({ ledger, access });
  try {
    await work(engine);
  } finally {
    await engine.close();
  }
}

async function eventsOf(engine: Completengine, options: TailOptions): Promise<LedgerEvent[]> {
  const events: LedgerEvent[] = [];
  for await (const event of engine.tail(options)) events.push(event);
  return events;
}

test('an emitter of one event looks at the ends of all partitions in one statement, and at the links of one alone', async () => {
  expect(await statementsByPartition((ledger) => within(ledger, 'write', (engine) => engine.emit({ n: 1 })))).toBe(0);
});

test('the last events of all partitions are read in the same statements, however many partitions there are', async () => {
  const tail = (ledger: string) =>
    within(ledger, 'read', async (engine) => expect(await eventsOf(engine, { last: 1 })).toHaveLength(1));
  expect(await statementsByPartition(tail)).toBe(0);
});

test('a description takes three statements a partition: its first row, its last one, and its bytes', async () => {
  expect(await statementsByPartition((ledger) => within(ledger, 'read', (engine) => engine.inspect()))).toBe(3);
});

test('the last events of all partitions are found without reading one', async () => {
  const ledger = ledgerPath();
  await Completengine.create(ledger, { routing: hashOf('n'), partitions: 3 });
  await within(ledger, 'write', async (engine) => {
    for (let at = 0; at < 20; at++) await engine.emit(Array.from({ length: 50 }, (_, n) => ({ n: at * 50 + n })));
    const last = await eventsOf(engine, { last: 7 });
    expect(last.map(({ sequence }) => sequence)).toEqual([994, 995, 996, 997, 998, 999, 1000]);
    // of the 20 commits one is read
    const all = vi.spyOn(Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1')), 'all');
    await eventsOf(engine, { last: 7 });
    const rows = all.mock.results.flatMap(({ value }) => value as { body?: Buffer }[]);
    expect(rows.filter((row) => row.body !== undefined)).toHaveLength(3);
  });
});
