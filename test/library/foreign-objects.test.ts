/**
 * Objects of other tools in a ledger's file: skipped and named if harmless, rejected if they could change what is
 * written or read.
 */

import { spawnSync } from 'node:child_process';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { Completengine, LedgerError } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';

/** Rows of the schema that a disk has changed. */
async function ledgerWithRow(sql: string): Promise<string> {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 2 });
  await (await engine.subscribe({ group: 'g', until: { head: true } }, () => {})).finished;
  await engine.close();
  const db = new Database(ledger);
  db.unsafeMode();
  db.pragma('writable_schema = ON');
  expect(db.prepare(sql).run().changes).toBe(1);
  db.close();
  return ledger;
}

async function ledgerWith(sql: string): Promise<string> {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 2 });
  await engine.emit([{ n: 1 }, { n: 2 }]);
  await engine.close();
  const db = new Database(ledger);
  db.exec(sql);
  db.close();
  return ledger;
}

it.each([
  ['statistics', 'ANALYZE', ['table sqlite_stat1', 'table sqlite_stat4']],
  [
    'bookkeeping of Litestream',
    'CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); CREATE TABLE _litestream_lock (id INTEGER); INSERT INTO _litestream_seq VALUES (1, 1)',
    ['table _litestream_lock', 'table _litestream_seq'],
  ],
  [
    'tables with indexes, and views',
    'CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT UNIQUE); CREATE INDEX by_note ON notes (note); CREATE VIEW recent AS SELECT * FROM events; CREATE TABLE "my ""notes" AS SELECT 1 AS n',
    [
      'index by_note',
      'table notes',
      'table my "notes',
      'view recent',
      'table sqlite_sequence',
      'index sqlite_autoindex_notes_1',
    ],
  ],
  [
    'a virtual table with its shadow tables',
    "CREATE VIRTUAL TABLE notes USING fts5 (note); INSERT INTO notes VALUES ('a')",
    ['notes', 'notes_config', 'notes_content', 'notes_data', 'notes_docsize', 'notes_idx'].map(
      (name) => `table ${name}`,
    ),
  ],
])('%s are passed over and named', async (_, sql, names) => {
  const ledger = await ledgerWith(sql);
  const engine = await openEngine({ ledger });
  await engine.emit({ n: 3 });
  await engine.partitioning.add(['added']);
  const { foreignObjects } = (await engine.inspect()).storage;
  const found = foreignObjects.map(({ type, name }) => `${type} ${name}`);
  // whether there are samples depends on how SQLite was compiled
  expect(found.filter((name) => name !== 'table sqlite_stat4').sort()).toEqual(
    names.filter((name) => name !== 'table sqlite_stat4').sort(),
  );
  expect(await payloadsOf(engine.replay({ determinism: 'strict' }))).toHaveLength(3);
  expect(await engine.verify()).toMatchObject({ events: 3 });
});

it.each([
  [
    'a trigger on a table of ours',
    'CREATE TRIGGER foreign_one AFTER INSERT ON commits BEGIN SELECT 1; END',
    "a foreign trigger 'foreign_one'",
  ],
  [
    'a trigger on a table of its own',
    'CREATE TABLE notes (n); CREATE TRIGGER foreign_one AFTER INSERT ON notes BEGIN DELETE FROM commits; END',
    "a foreign trigger 'foreign_one'",
  ],
  [
    'an index on a table of ours',
    'CREATE INDEX foreign_one ON commits (producer)',
    "a foreign index 'foreign_one' on 'commits'",
  ],
  [
    'a table that refers to ours',
    'CREATE TABLE foreign_one (n TEXT REFERENCES Partition (name))',
    "a foreign table 'foreign_one' that refers to 'Partition'",
  ],
  [
    'a table under a name that is made on demand',
    'CREATE TABLE Producers (n)',
    "a foreign table 'Producers' under a name of the format",
  ],
  [
    'a view under such a name',
    'CREATE VIEW sessions AS SELECT 1',
    "a foreign view 'sessions' under a name of the format",
  ],
  [
    'a table with rows under a name in another case',
    'CREATE TABLE MEMBERS (n); INSERT INTO MEMBERS VALUES (1)',
    "a foreign table 'MEMBERS' under a name of the format",
  ],
  [
    'an index under such a name',
    'CREATE TABLE notes (n); CREATE INDEX ids ON notes (n)',
    "a foreign index 'ids' under a name of the format",
  ],
  ['a table where a partition will be', 'CREATE TABLE p2 (n)', "'p2' is not as it was created"],
  ['a table where a later partition will be', 'CREATE TABLE P9 (n)', "a foreign table 'P9' under a name of the format"],
  [
    'another view of events',
    'DROP VIEW events; CREATE VIEW events AS SELECT 1 AS sequence',
    "'events' is not as it was created",
  ],
  ['no view of events', 'DROP VIEW events', "'events' is missing"],
  ['a column more', 'ALTER TABLE commits ADD COLUMN n INTEGER', "'commits' is not as it was created"],
])('%s: refused, and named', async (_, sql, fact) => {
  const ledger = await ledgerWith(sql);
  const { message } = await failureOf(
    () => Completengine.open({ ledger, create: false, access: 'read' }),
    'NOT_A_LEDGER',
  );
  expect(message).toContain(fact);
});

it.each([
  ['a trigger', 'CREATE TRIGGER "it\'s ""one""" AFTER INSERT ON commits BEGIN SELECT 1; END'],
  ['an index', 'CREATE INDEX "it\'s ""one""" ON commits (producer)'],
])('%s is removed by what the hint says, whatever its name', async (_, sql) => {
  const ledger = await ledgerWith(sql);
  const { hint } = await failureOf(() => openEngine({ ledger }), 'NOT_A_LEDGER');
  const echo = spawnSync('bash', ['-c', (hint as string).replace('remove it: sqlite3', "printf '%s\\n'")], {
    encoding: 'utf8',
  });
  const [file, remedy = ''] = echo.stdout.split('\n');
  expect(file).toBe(ledger);
  const db = new Database(ledger);
  db.exec(remedy);
  db.close();
  expect(await (await openEngine({ ledger })).verify()).toMatchObject({ events: 2 });
});

it('a tool that replicates beside an emitter, with a row and checkpoints of its own, disturbs nothing', async () => {
  // as Litestream does: it holds a read transaction, so that nobody else restarts the -wal, and gives it up for its own checkpoints
  const ledger = await ledgerWith(
    'CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); CREATE TABLE _litestream_lock (id INTEGER)',
  );
  const engine = await openEngine({ ledger });
  const [reader, writer] = [new Database(ledger), new Database(ledger)];
  let n = 2;
  for (const mode of ['PASSIVE', 'RESTART', 'TRUNCATE', 'FULL']) {
    reader.exec('BEGIN; SELECT COUNT(1) FROM _litestream_seq');
    for (let round = 0; round < 3; round++) {
      expect((await engine.emit({ n: n + 1 })).sequence).toBe(++n);
      writer.exec('INSERT INTO _litestream_seq VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET seq = seq + 1');
    }
    reader.exec('ROLLBACK');
    writer.exec('BEGIN; INSERT INTO _litestream_lock VALUES (1); ROLLBACK');
    writer.pragma(`wal_checkpoint(${mode})`);
  }
  reader.close();
  writer.close();
  expect(await engine.verify()).toMatchObject({ events: n });
  expect((await payloadsOf(engine.replay({ determinism: 'strict' }))).length).toBe(n);
});

it.each([
  [
    'the name of a table of ours',
    "UPDATE sqlite_schema SET name = 'cursorz', tbl_name = 'cursorz' WHERE name = 'cursors'",
  ],
  [
    'the table of an index of ours',
    "UPDATE sqlite_schema SET tbl_name = 'partitioo' WHERE name = 'sqlite_autoindex_partition_1'",
  ],
  ['the type of a table of ours', "UPDATE sqlite_schema SET type = 'tabme' WHERE name = 'leases'"],
])('%s that has changed does not pass for an object of another tool', async (_, sql) => {
  const ledger = await ledgerWithRow(sql);
  const failure = await Completengine.open({ ledger, create: false, access: 'read' }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LedgerError);
  expect(['NOT_A_LEDGER', 'DAMAGED_LEDGER']).toContain((failure as LedgerError).code);
});

it('a ledger without its marks, as .dump and restore leave it, is refused with what to set, and opens when it is set', async () => {
  const ledger = await ledgerWith('PRAGMA application_id = 0; PRAGMA user_version = 0');
  for (const access of ['read', 'write'] as const) {
    const { message, hint } = await failureOf(
      () => Completengine.open({ ledger, create: false, access }),
      'NOT_A_LEDGER',
    );
    expect(message).toContain('it has the tables of one, and not its marks in the header, as after .dump and restore');
    const [, file, sql = ''] = /^set them: sqlite3 (\S+) '(.*)'$/.exec(hint ?? '') ?? [];
    expect(file).toBe(ledger);
    const db = new Database(ledger);
    db.exec(access === 'read' ? (sql.split(';')[0] as string) : sql);
    db.close();
  }
  const engine = await openEngine({ ledger });
  expect(await engine.verify()).toMatchObject({ events: 2 });
});

it('the view shows given keys alone, and the bounds of the commit by which a range is found', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: 'hash:k', partitions: 3 });
  await engine.emit(Array.from({ length: 5 }, (_, n) => ({ k: n })));
  await engine.emit({ k: 'a' }, { key: 'given' });
  await engine.emit(Array.from({ length: 4 }, (_, n) => ({ k: n })));
  await engine.close();
  const db = new Database(ledger, { readonly: true });
  const rows = db
    .prepare('SELECT sequence, given_key, commit_sequence, commit_end FROM events ORDER BY sequence')
    .raw()
    .all();
  expect(rows).toEqual([
    ...[1, 2, 3, 4, 5].map((sequence) => [sequence, null, 1, 5]),
    [6, 'given', 6, 6],
    ...[7, 8, 9, 10].map((sequence) => [sequence, null, 7, 10]),
  ]);
  const range =
    'SELECT sequence FROM events WHERE commit_sequence <= :b AND commit_end >= :a AND sequence BETWEEN :a AND :b ORDER BY sequence';
  expect(db.prepare(range).pluck().all({ a: 4, b: 7 })).toEqual([4, 5, 6, 7]);
  // commits are found by their primary key in every partition, so that bodies outside of the range are not read
  const plan = db.prepare<[object], { detail: string }>(`EXPLAIN QUERY PLAN ${range}`).all({ a: 4, b: 7 });
  expect(plan.filter(({ detail }) => /^SEARCH c USING INTEGER PRIMARY KEY/.test(detail))).toHaveLength(3);
  expect(plan.filter(({ detail }) => /^SEARCH f USING INTEGER PRIMARY KEY/.test(detail))).toHaveLength(3);
  db.close();
});
