import Database from 'better-sqlite3';
import { describe, expect, it, test } from 'vitest';
import { GroupAdmin } from '../../src/core/engine/group-admin.ts';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import { type Completengine, systemClock } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine, parkedBy } from '../support/engines.ts';
import { openGroupStore } from '../support/group-store.ts';
import { parkAll } from '../support/parked-rows.ts';

const EVENTS = 2500;

async function parkedEngine(events = EVENTS): Promise<{ engine: Completengine; ledger: string }> {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1 });
  await engine.emit(Array.from({ length: events }, (_, n) => ({ n })));
  const member = await engine.subscribe({ group: 'g', from: 'end' }, () => {});
  await member.close();
  parkAll(ledger, 'g');
  return { engine, ledger };
}

function inFile<Value>(ledger: string, sql: string): Value {
  const db = new Database(ledger, { readonly: true });
  try {
    return db.prepare(sql).pluck().get() as Value;
  } finally {
    db.close();
  }
}

const due = (ledger: string): number => inFile(ledger, 'SELECT count(*) FROM parked WHERE is_due = 1');
const generation = (ledger: string): number => inFile(ledger, 'SELECT generation FROM groups');

async function sequences(parked: AsyncIterable<{ readonly sequence: number }>): Promise<number[]> {
  const found: number[] = [];
  for await (const { sequence } of parked) found.push(sequence);
  return found;
}

describe('the list of what is parked', () => {
  it('comes by sequence, whole or in part', async () => {
    const { engine } = await parkedEngine();
    const all = Array.from({ length: EVENTS }, (_, at) => at + 1);
    expect(await sequences(engine.parked('g'))).toEqual(all);
    expect(await sequences(engine.parked('g', { after: 2 }))).toEqual(all.slice(2));
    expect(await sequences(engine.parked('g', { after: 255, limit: 3 }))).toEqual([256, 257, 258]);
    expect(await sequences(engine.parked('g', { limit: 256 }))).toEqual(all.slice(0, 256));
    expect(await sequences(engine.parked('g', { limit: 257 }))).toEqual(all.slice(0, 257));
    expect(await sequences(engine.parked('g', { after: EVENTS }))).toEqual([]);
  });

  it('may change under its reader', async () => {
    const { engine } = await parkedEngine(300);
    const seen: number[] = [];
    for await (const { sequence } of engine.parked('g')) {
      seen.push(sequence);
      await engine.dropParked('g', [sequence]);
    }
    expect(seen).toHaveLength(300);
    expect(await parkedBy(engine, 'g')).toEqual([]);
  });

  it('is refused when it is asked for, not when it is named', async () => {
    const engine = await openEngine();
    const parked = engine.parked('nobody');
    await failureOf(() => sequences(parked), 'UNKNOWN_GROUP');
  });
});

test('of a long list as many pages are read as are asked for', async () => {
  const { groups, db } = await openGroupStore({ partitions: 1, events: 1 });
  await groups.create('g', 1, 0);
  db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO parked SELECT 'g', i, 0, i - 1, 1, 'no', '', 0, 0 FROM n`);
  const pages: number[] = [];
  const ledger = {
    groupStore: {
      parked: async (...[group, span]: Parameters<typeof groups.parked>) => {
        const page = await groups.parked(group, span);
        pages.push(page.length);
        return page;
      },
    },
    head: async () => ({ sequence: 5000 }),
  } as unknown as Ledger;
  const desk = new GroupAdmin(ledger, systemClock, {
    ledger: '',
    partitionName: () => 'p0',
    key: () => null,
    keyField: () => 'none',
  });
  let seen = 0;
  for await (const _ of desk.parked('g', {})) if (++seen === 300) break;
  expect(pages).toEqual([256, 256]);
});

describe('parked events are redelivered and dropped', () => {
  it('all of them, in transactions of a thousand', async () => {
    const { engine, ledger } = await parkedEngine();
    const before = generation(ledger);
    expect(await engine.redeliver('g')).toBe(EVENTS);
    expect(due(ledger)).toBe(EVENTS);
    // each transaction begins a generation, so that members look again
    expect(generation(ledger) - before).toBe(3);
    expect(await engine.dropParked('g', 'all')).toBe(EVENTS);
    expect(await parkedBy(engine, 'g')).toEqual([]);
    expect(await engine.dropParked('g', 'all')).toBe(0);
    expect(await engine.redeliver('g', 'all')).toBe(0);
    await failureOf(() => engine.dropParked('nobody', 'all'), 'UNKNOWN_GROUP');
    await failureOf(() => engine.redeliver('nobody', []), 'UNKNOWN_GROUP');
  });

  it('thousands that are named, or none of them where one is not parked', async () => {
    const { engine, ledger } = await parkedEngine();
    const named = Array.from({ length: EVENTS }, (_, at) => at + 1);
    await failureOf(() => engine.redeliver('g', [...named, EVENTS + 1]), 'NOT_PARKED');
    await failureOf(() => engine.dropParked('g', [...named, EVENTS + 1]), 'NOT_PARKED');
    expect({ due: due(ledger), parked: (await parkedBy(engine, 'g')).length }).toEqual({ due: 0, parked: EVENTS });
    expect(await engine.redeliver('g', [...named, 1])).toBe(EVENTS);
    expect(await engine.dropParked('g', [...named, 1])).toBe(EVENTS);
  });
});

test('what is asked at every renewal of a lease, and at every look, reads no rows of the list', async () => {
  const { ledger } = await parkedEngine(1);
  const plan = (sql: string): string => {
    const db = new Database(ledger, { readonly: true });
    try {
      const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { readonly detail: string }[];
      return rows.map(({ detail }) => detail).join('; ');
    } finally {
      db.close();
    }
  };
  expect(plan("SELECT 1 FROM parked WHERE group_name = 'g' AND is_due = 1 AND partition = 0 LIMIT 1")).toMatch(
    /^SEARCH parked USING COVERING INDEX parked_due \(group_name=\? AND is_due=\? AND partition=\?\)$/,
  );
  expect(
    plan(
      "SELECT sequence FROM parked WHERE group_name = 'g' AND is_due = 1 AND partition = 0 ORDER BY sequence LIMIT 1",
    ),
  ).toMatch(/^SEARCH parked USING COVERING INDEX parked_due \(group_name=\? AND is_due=\? AND partition=\?\)$/);
  expect(plan("SELECT count(*) FROM parked WHERE group_name = 'g'")).toMatch(
    /USING COVERING INDEX parked_due \(group_name=\?\)$/,
  );
});
