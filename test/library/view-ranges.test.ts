/**
 * Ranges of the view `events`, as docs/SQL.md shows them: they read nothing outside of the range, in the SQLite of this package and in the one of the
 * system. Shown by query plans and by counted steps of SQLite's virtual machine.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { Completengine } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { needs } from '../support/fault-tools.ts';

const DOCUMENT = readFileSync(fileURLToPath(new URL('../../docs/SQL.md', import.meta.url)), 'utf8');
const BLOCKS = [...DOCUMENT.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql.trim());
const [, TWO_STEPS = '', ONE_STEP = '', AT_TIME = ''] = BLOCKS;
const [FIRST_COMMIT = '', RANGE = ''] = TWO_STEPS.split('\n');
const PARTITIONS = 3;

async function emitCommits(engine: Completengine, count: number, events: number): Promise<void> {
  for (let commit = 0; commit < count; commit++)
    await engine.emit(Array.from({ length: events }, (_, n) => ({ k: n })));
}

/** With numbers in the place of the parameters. */
function bound(sql: string, values: Readonly<Record<string, number>>): string {
  return sql.replace(/:([a-z])\b/g, (_, name: string) => String(values[name]));
}

/** Rows of a query in the system's SQLite, and the steps that it took. */
function counted(ledger: string, sql: string): { rows: number; steps: number } {
  const { stdout, stderr } = spawnSync('sqlite3', ['-readonly', ledger, '-cmd', '.stats vmstep', sql], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  const steps = /^VM-steps: (\d+)$/.exec(lines.at(-1) ?? '')?.[1];
  return { rows: lines.length - 1, steps: Number(steps) };
}

test('the plan of a range reads the commits and frames of the range alone, in every partition', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: 'hash:k', partitions: PARTITIONS });
  await emitCommits(engine, 20, 10);
  const db = new Database(ledger, { readonly: true });
  const plan = (sql: string) =>
    db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .filter((detail) => /^(SEARCH|SCAN) [cf]\b/.test(detail))
      .sort();
  const frames = Array.from({ length: PARTITIONS }, () => 'SEARCH f USING INTEGER PRIMARY KEY (rowid=?)');
  const commits = (bounds: string) =>
    Array.from({ length: PARTITIONS }, () => `SEARCH c USING INTEGER PRIMARY KEY (${bounds})`);
  expect(plan(bound(RANGE, { a: 45, b: 66, c: 41 }))).toEqual([...commits('rowid>? AND rowid<?'), ...frames]);
  expect(plan(bound(ONE_STEP, { a: 45, b: 66 }))).toEqual([...commits('rowid<?'), ...frames]);
  // parameters are as good as numbers
  const rows = db
    .prepare<[object], { sequence: number }>(RANGE)
    .all({ a: 45, b: 66, c: db.prepare(FIRST_COMMIT).pluck().get({ a: 45 }) as number });
  const expected = Array.from({ length: 22 }, (_, at) => 45 + at);
  expect(rows.map(({ sequence }) => sequence)).toEqual(expected);
  db.close();
});

// SQLite merges the view with a query that has at most 500 SELECTs, two a partition; of more, it runs the partitions as a query of their own.
test.for([
  { partitions: PARTITIONS, commits: 100, events: 100 },
  { partitions: 256, commits: 5, events: 500 },
])(
  '1,001 events of $partitions partitions take the same steps of the system’s SQLite however large the ledger is',
  async ({ partitions, commits, events }, context) => {
    needs(context, 'sqlite3', '--version');
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: 'hash:k', partitions });
    const measured: { two: number; one: number; all: number }[] = [];
    for (let round = 0; round < 2; round++) {
      await emitCommits(engine, commits, events);
      const last = (await engine.head()).sequence;
      const [a, b] = [last - 2000, last - 1000];
      const first = spawnSync('sqlite3', ['-readonly', ledger, bound(FIRST_COMMIT, { a })], { encoding: 'utf8' });
      const two = counted(ledger, bound(RANGE, { a, b, c: Number(first.stdout) }));
      const one = counted(ledger, bound(ONE_STEP, { a, b }));
      const all = counted(ledger, `SELECT * FROM events WHERE sequence BETWEEN ${a} AND ${b}`);
      expect([two.rows, one.rows, all.rows]).toEqual([1001, 1001, 1001]);
      measured.push({ two: two.steps, one: one.steps, all: all.steps });
    }
    const [small, large] = measured as [(typeof measured)[0], (typeof measured)[0]];
    // the sort of the rows may take a step more
    expect(Math.abs(large.two - small.two)).toBeLessThanOrEqual(2);
    // a few steps for each commit before the range, of which there are as many again, and none for the events in them
    expect(large.one - small.one).toBeLessThan(commits * partitions * 20);
    expect(large.all - small.all, 'the control does not grow').toBeGreaterThan(
      large.one - small.one + 5 * commits * events,
    );
  },
);

test('a partition adds little to the view, all of which SQLite parses in each connection', async () => {
  const lengthOf = async (partitions: number): Promise<number> => {
    const ledger = ledgerPath();
    await openEngine({ ledger, routing: 'hash:k', partitions });
    const db = new Database(ledger, { readonly: true });
    const length = db.prepare("SELECT length(sql) FROM sqlite_schema WHERE name = 'events'").pluck().get() as number;
    db.close();
    return length;
  };
  expect((await lengthOf(102)) - (await lengthOf(101))).toBeLessThan(180);
});

test('the other statements of the page do what it says', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, time: 'at', partitions: 1 });
  const at = (second: number) => new Date(Date.UTC(2026, 3, 12, 9, 0, second)).toISOString();
  for (const second of [10, 20, 30]) await engine.emit({ at: at(second), properties: { mag: second } });
  const db = new Database(ledger, { readonly: true });
  expect(
    db
      .prepare(AT_TIME)
      .pluck()
      .get({ t: Date.parse(at(11)) * 1000 }),
  ).toBe(2);
  const shown = (BLOCKS[0] as string).replace("'p3'", "'p0'");
  expect(db.prepare(shown).all()[0]).toEqual({ sequence: 1, at: '2026-04-12 09:00:10', mag: 10 });
  const columns = db
    .prepare('SELECT * FROM events')
    .columns()
    .map(({ name }) => name);
  expect([...DOCUMENT.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name)).toEqual(columns);
  db.close();
});

test('a dump restored elsewhere opens after what its hint says to type', async (context) => {
  needs(context, 'sqlite3', '--version');
  const [ledger, restored] = [ledgerPath(), ledgerPath()];
  const engine = await openEngine({ ledger, unique: 'id', partitions: 2 });
  await engine.emit([{ id: 1 }, { id: 2 }]);
  const shell = (script: string) => spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect(shell(`sqlite3 '${ledger}' .dump | sqlite3 '${restored}'`)).toMatchObject({ status: 0, stderr: '' });
  const refusal = await failureOf(() => openEngine({ ledger: restored, create: false }), 'NOT_A_LEDGER');
  expect(shell((refusal.hint as string).replace('set them: ', ''))).toMatchObject({ status: 0, stderr: '' });
  const again = await openEngine({ ledger: restored });
  expect(await again.verify()).toMatchObject({ events: 2, head: await engine.head() });
});
