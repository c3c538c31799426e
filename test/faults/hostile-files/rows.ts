/** Changes rows of a ledger or a segment past every check of SQLite: types, NOT NULL, CHECK and references are taken out of the schema meanwhile. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Seeded } from '../../support/seeded.ts';
import type { Family, Site } from './damage.ts';
import { forgeChain } from './forge.ts';
import { ARCHIVE } from './originals.ts';
import { anyValue, likelyValue, type Value } from './values.ts';

interface Column {
  readonly name: string;
  /** Its place in the primary key; 0 outside of it. */
  readonly pk: number;
}

/** Opens a database so that anything can be written to it. */
export function openUnsafe(path: string): Database.Database {
  const db = new Database(path);
  db.unsafeMode();
  db.pragma('foreign_keys = OFF');
  db.pragma('ignore_check_constraints = ON');
  db.pragma('synchronous = OFF');
  return db;
}

/** Works on a database whose tables take any value; their SQL is as before afterwards. */
export function loosened<Result>(path: string, work: (db: Database.Database) => Result): Result {
  const strict = openUnsafe(path);
  const tables = strict
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%'",
    )
    .all();
  setSql(
    strict,
    tables.map(({ name, sql }) => ({ name, sql: loose(sql) })),
  );
  strict.close();
  const db = openUnsafe(path);
  try {
    db.defaultSafeIntegers();
    const result = work(db);
    setSql(db, tables);
    return result;
  } finally {
    db.close();
  }
}

function setSql(db: Database.Database, tables: readonly { readonly name: string; readonly sql: string }[]): void {
  db.pragma('writable_schema = ON');
  const set = db.prepare('UPDATE sqlite_schema SET sql = ? WHERE type = ? AND name = ?');
  for (const { name, sql } of tables) set.run(sql, 'table', name);
  db.pragma('writable_schema = OFF');
}

/** Without types: a type would turn some values into others. The key of a table with row ids stays an integer. */
function loose(sql: string): string {
  return sql
    .replace(/\) STRICT, WITHOUT ROWID$/, ') WITHOUT ROWID')
    .replace(/\) STRICT$/, ')')
    .replaceAll(' NOT NULL', '')
    .replaceAll(/ CHECK \([^)]*\)/g, '')
    .replaceAll(/ (?:TEXT|BLOB)\b/g, '')
    .replaceAll(/ INTEGER(?! PRIMARY KEY)/g, '');
}

/** Changes one value, in one row or in all rows of its table. */
function changeValue(
  db: Database.Database,
  value: (own: Value, random: Seeded) => Value,
  random: Seeded,
): string | null {
  const table = random.pick(tablesOf(db));
  const columns = db.pragma(`table_info("${table}")`) as Column[];
  const column = random.pick(columns);
  const row = rowOf(db, table, columns, random);
  if (row === null) return null;
  const isEvery = random.unit() < 0.12;
  const wanted = value(row.values[column.name] as Value, random);
  const where = isEvery ? '' : ` WHERE ${row.where}`;
  const { changes } = db
    .prepare(`UPDATE OR REPLACE "${table}" SET "${column.name}" = ?${where}`)
    .run(wanted, ...(isEvery ? [] : row.key));
  return changes === 0 ? null : `${table}.${column.name} of ${isEvery ? 'all rows' : row.named} = ${shown(wanted)}`;
}

/** Deletes a row, doubles one under another key, or exchanges values of two rows. */
function changeRows(db: Database.Database, random: Seeded): string | null {
  const table = random.pick(tablesOf(db));
  const columns = db.pragma(`table_info("${table}")`) as Column[];
  const [row, other] = [rowOf(db, table, columns, random), rowOf(db, table, columns, random)];
  if (row === null || other === null) return null;
  const kind = random.pick(['delete', 'double', 'exchange', 'empty'] as const);
  if (kind === 'empty') {
    db.prepare(`DELETE FROM "${table}"`).run();
    return `all rows of ${table} deleted`;
  }
  if (kind === 'delete') {
    db.prepare(`DELETE FROM "${table}" WHERE ${row.where}`).run(...row.key);
    return `${row.named} of ${table} deleted`;
  }
  const names = columns.map(({ name }) => name);
  if (kind === 'double') {
    const values = { ...row.values };
    const key = random.pick(columns.filter(({ pk }) => pk > 0));
    values[key.name] = likelyValue(values[key.name] as Value, random);
    db.prepare(`INSERT OR REPLACE INTO "${table}" VALUES (${names.map(() => '?').join(', ')})`).run(
      ...names.map((name) => values[name]),
    );
    return `${row.named} of ${table} again with ${key.name} = ${shown(values[key.name] as Value)}`;
  }
  const mine = names.filter((name) => !columns.some((column) => column.name === name && column.pk > 0));
  if (mine.length === 0) return null;
  const name = random.pick(mine);
  const set = (to: typeof row, value: Value): void =>
    void db.prepare(`UPDATE OR REPLACE "${table}" SET "${name}" = ? WHERE ${to.where}`).run(value, ...to.key);
  set(row, other.values[name] as Value);
  set(other, row.values[name] as Value);
  return `${table}.${name} of ${row.named} and ${other.named} exchanged`;
}

function tablesOf(db: Database.Database): string[] {
  return db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .pluck()
    .all() as string[];
}

interface Row {
  readonly values: Record<string, unknown>;
  readonly where: string;
  readonly key: readonly unknown[];
  readonly named: string;
}

function rowOf(db: Database.Database, table: string, columns: readonly Column[], random: Seeded): Row | null {
  const count = Number(db.prepare(`SELECT count(*) FROM "${table}"`).pluck().get());
  if (count === 0) return null;
  const nth = random.between(0, count - 1);
  const values = db.prepare(`SELECT * FROM "${table}" LIMIT 1 OFFSET ${nth}`).get() as Record<string, unknown>;
  const keys = columns.filter(({ pk }) => pk > 0);
  return {
    values,
    where: keys.map(({ name }) => `"${name}" IS ?`).join(' AND '),
    key: keys.map(({ name }) => values[name]),
    named: `row ${nth}`,
  };
}

function shown(value: Value): string {
  if (Buffer.isBuffer(value)) return `${value.length} bytes x'${value.subarray(0, 24).toString('hex')}'`;
  return typeof value === 'string' ? `${value.length} characters ${JSON.stringify(value.slice(0, 60))}` : String(value);
}

/** The ledger, or one of its segments. */
function databaseOf({ ledger, directory, original }: Site, random: Seeded): string {
  const hasSegments = [...original.files.keys()].some((name) => name.startsWith(ARCHIVE));
  if (!hasSegments || random.unit() < 0.4) return ledger;
  const archive = join(directory, ARCHIVE);
  return join(archive, random.pick(readdirSync(archive).sort()));
}

/** What SQLite refuses, such as a text as a row id, changes nothing. */
function inDatabase(site: Site, random: Seeded, work: (db: Database.Database) => string | null): string | null {
  const path = databaseOf(site, random);
  try {
    const done = loosened(path, work);
    return done === null || path === site.ledger ? done : `segment: ${done}`;
  } catch (error) {
    if (error instanceof Database.SqliteError) return null;
    throw error;
  }
}

export const ROWS: readonly Family[] = [
  {
    name: 'value',
    share: 26,
    damage: (site, random) => inDatabase(site, random, (db) => changeValue(db, anyValue, random)),
  },
  {
    name: 'likely value',
    share: 10,
    damage: (site, random) => inDatabase(site, random, (db) => changeValue(db, likelyValue, random)),
  },
  { name: 'rows', share: 10, damage: (site, random) => inDatabase(site, random, (db) => changeRows(db, random)) },
  {
    name: 'forged',
    share: 18,
    isForged: true,
    damage: (site, random) =>
      inDatabase({ ...site, original: { ...site.original, files: new Map() } }, random, (db) => {
        const changes = Array.from({ length: random.between(1, 2) }, () =>
          random.unit() < 0.8 ? changeValue(db, likelyValue, random) : changeRows(db, random),
        );
        const done = changes.filter((change) => change !== null);
        return done.length === 0 ? null : `${done.join('; ')}; ${forgeChain(db)}`;
      }),
  },
];
