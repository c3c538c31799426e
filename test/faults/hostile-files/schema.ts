/** Changes of the schema and of the header: objects of others, changed SQL, marks of another format. */

import Database from 'better-sqlite3';
import type { Seeded } from '../../support/seeded.ts';
import type { Family } from './damage.ts';
import { openUnsafe } from './rows.ts';
import { NAMES } from './values.ts';

const OBJECTS: readonly string[] = [
  'CREATE TRIGGER foreign_one AFTER INSERT ON commits BEGIN UPDATE commits SET count = count + 1; END',
  'CREATE TRIGGER foreign_one INSTEAD OF INSERT ON events BEGIN DELETE FROM commits; END',
  'CREATE TEMP TRIGGER gone AFTER INSERT ON main.commits BEGIN DELETE FROM commits; END',
  'CREATE TABLE notes (n); CREATE TRIGGER foreign_one AFTER DELETE ON notes BEGIN DELETE FROM p0; END',
  'CREATE INDEX foreign_one ON commits (hash)',
  "CREATE INDEX foreign_one ON p0 (offset) WHERE key = 'x'",
  'CREATE VIEW foreign_one AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n',
  'CREATE TABLE foreign_one (n INTEGER GENERATED ALWAYS AS (1 / 0) STORED)',
  'CREATE TABLE foreign_one (n REFERENCES commits (first_sequence) ON DELETE CASCADE)',
  'CREATE TABLE p77 (n)',
  'CREATE TABLE Segments (n)',
  'CREATE TABLE "P0 " (n)',
  'CREATE VIEW producers AS SELECT 1',
  'CREATE VIRTUAL TABLE foreign_one USING fts5 (body)',
  'CREATE VIRTUAL TABLE foreign_one USING rtree (id, x, y)',
  'DROP VIEW events; CREATE VIEW events AS SELECT 1 AS sequence',
  'DROP VIEW events; CREATE TABLE events (sequence)',
  'ALTER TABLE commits ADD COLUMN more TEXT',
  'ALTER TABLE p0 RENAME COLUMN body TO nobody',
  'ALTER TABLE p0 RENAME TO p00',
  'DROP TABLE p0',
  'DROP TABLE epoch',
  'DROP TABLE ledger',
  'CREATE TABLE copied AS SELECT * FROM commits; DROP TABLE commits; ALTER TABLE copied RENAME TO commits',
  'ANALYZE',
  'VACUUM',
  'PRAGMA journal_mode = DELETE',
  'PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM',
];

function foreignName(db: Database.Database, random: Seeded): string {
  const name = random.pick(NAMES.filter((each) => !each.includes('\0') && each !== ''));
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const [kind, sql] = random.pick([
    ['table', `CREATE TABLE ${quoted} (n)`],
    ['view', `CREATE VIEW ${quoted} AS SELECT 1`],
    ['index', `CREATE INDEX ${quoted} ON commits (count)`],
    ['trigger', `CREATE TRIGGER ${quoted} AFTER INSERT ON commits BEGIN SELECT 1; END`],
  ] as const);
  db.exec(sql);
  return `a ${kind} named ${JSON.stringify(name.slice(0, 60))}`;
}

/** Any column of any row of `sqlite_schema`: root pages in a circle, of another table, or beyond the file. */
function schemaRow(db: Database.Database, random: Seeded): string | null {
  const rows = db
    .prepare<[], { rowid: number; name: string; rootpage: number }>('SELECT rowid, name, rootpage FROM sqlite_schema')
    .all();
  const [row, other] = [random.pick(rows), random.pick(rows)];
  const [column, value] = random.pick<readonly [string, unknown]>([
    ['rootpage', other.rootpage],
    ['rootpage', 1],
    ['rootpage', random.pick([0, -1, 2 ** 31, 1_000_000])],
    ['name', other.name],
    ['tbl_name', other.name],
    ['name', random.pick(NAMES)],
    ['type', random.pick(['table', 'view', 'index', 'trigger', 'x', ''])],
    ['sql', random.pick([null, '', 'CREATE', 'SELECT 1', `CREATE TABLE ${'x'.repeat(100_000)} (n)`])],
    ['sql', random.pick(rows.map(({ name }) => `CREATE VIEW "${name}" AS SELECT * FROM "${name}"`))],
  ]);
  db.pragma('writable_schema = ON');
  const { changes } = db.prepare(`UPDATE sqlite_schema SET ${column} = ? WHERE rowid = ?`).run(value, row.rowid);
  return changes === 0 ? null : `sqlite_schema: ${column} of '${row.name}' = ${JSON.stringify(value)?.slice(0, 80)}`;
}

function mark(db: Database.Database, random: Seeded): string {
  const name = random.pick(['application_id', 'user_version', 'schema_version']);
  const value = random.pick([0, 1, 2, -1, 2 ** 31 - 1, 0x43444558, 0x43445347]);
  db.pragma(`${name} = ${value}`);
  return `${name} = ${value}`;
}

/** What SQLite refuses, such as a name of its own, changes nothing. */
function inLedger(ledger: string, work: (db: Database.Database) => string | null): string | null {
  const db = openUnsafe(ledger);
  try {
    return work(db);
  } catch (error) {
    if (error instanceof Database.SqliteError) return null;
    throw error;
  } finally {
    db.close();
  }
}

export const SCHEMAS: readonly Family[] = [
  {
    name: 'foreign object',
    share: 6,
    damage: ({ ledger }, random) =>
      inLedger(ledger, (db) => {
        const sql = random.pick(OBJECTS);
        db.exec(sql);
        return sql;
      }),
  },
  { name: 'foreign name', share: 3, damage: ({ ledger }, random) => inLedger(ledger, (db) => foreignName(db, random)) },
  { name: 'schema row', share: 5, damage: ({ ledger }, random) => inLedger(ledger, (db) => schemaRow(db, random)) },
  { name: 'mark', share: 2, damage: ({ ledger }, random) => inLedger(ledger, (db) => mark(db, random)) },
];
