/**
 * Compares a file's schema with format 1. Objects of other tools that cannot change what the engine reads or writes are ignored: statistics of
 * ANALYZE, the bookkeeping of a replication tool, tables and views of the user. A trigger, and anything on a table of the format, is refused.
 */

import type { Database } from 'better-sqlite3';
import { PARTITIONS_MAX } from '../../../model/routing/partition.ts';
import { expectedObjects, partitionTable, viewedBodies } from './schema.ts';

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/** An object of the file that is not part of the format. */
export interface ForeignObject {
  /** `table`, `view` or `index`. */
  readonly type: string;
  /** Unescaped from the file: it may hold any characters. */
  readonly name: string;
}

export interface SchemaDifference {
  readonly fact: string;
  /** SQL that removes a foreign object without any data, and with it the difference; null if there is none. */
  readonly remedy: string | null;
}

/** The first difference between the file's schema and format 1; null if there is none. */
export function schemaDifference(db: Database): SchemaDifference | null {
  const schema = readSchema(db);
  if (schema.difference !== null) return { fact: schema.difference, remedy: null };
  return foreignDifference(db, schema);
}

/** The objects that are ignored, by name. */
export function foreignObjects(db: Database): ForeignObject[] {
  const { foreign } = readSchema(db);
  return foreign.map(({ type, name }) => ({ type, name })).sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Whether the file has all of the format's objects, whatever its header says. */
export function looksLikeLedger(db: Database): boolean {
  return readSchema(db).difference === null;
}

interface Schema {
  readonly difference: string | null;
  /** Names of our tables and the view, in lower case: SQLite ignores case. */
  readonly own: ReadonlySet<string>;
  readonly foreign: readonly SchemaRow[];
}

function readSchema(db: Database): Schema {
  const rows = db.prepare<[], SchemaRow>('SELECT type, name, tbl_name, sql FROM sqlite_schema').all();
  const found = new Map(rows.map((row) => [row.name, row]));
  let partitionCount = 0;
  while (partitionCount <= PARTITIONS_MAX && found.has(partitionTable(partitionCount))) partitionCount++;
  if (partitionCount > PARTITIONS_MAX) partitionCount = 0;
  const { required, onDemand, indexes } = expectedObjects(partitionCount, viewedBodies(db, partitionCount));
  const own = new Set([...required.keys(), ...onDemand.keys()]);
  const isOurs = (row: SchemaRow): boolean =>
    (own.has(row.name) && isAsCreated(row, required.get(row.name) ?? onDemand.get(row.name), indexes.get(row.name))) ||
    isAutoIndex(row, own);
  const foreign = rows.filter((row) => !isOurs(row));
  return {
    difference: partitionCount < 1 ? 'it has no partitions, or too many' : missing(found, required),
    own,
    foreign,
  };
}

function missing(found: ReadonlyMap<string, SchemaRow>, required: ReadonlyMap<string, string>): string | null {
  for (const [name, sql] of required) {
    const row = found.get(name);
    if (row === undefined) return `'${name}' is missing`;
    if (!isAsCreated(row, sql)) return `'${name}' is not as it was created`;
  }
  return null;
}

/** `table`: the one that an index is on. */
function isAsCreated(row: SchemaRow, sql: string | undefined, table?: string): boolean {
  const kind = sql?.startsWith('CREATE VIEW') ? 'view' : 'table';
  return row.sql === sql && row.type === (table === undefined ? kind : 'index') && row.tbl_name === (table ?? row.name);
}

/** The indexes that SQLite creates for PRIMARY KEY and UNIQUE. */
function isAutoIndex({ type, name, tbl_name: table, sql }: SchemaRow, own: ReadonlySet<string>): boolean {
  return type === 'index' && sql === null && own.has(table) && name.startsWith(`sqlite_autoindex_${table}_`);
}

/** A foreign object that could change what is written, or takes a name that the format needs. */
function foreignDifference(db: Database, { own, foreign }: Schema): SchemaDifference | null {
  const tables = new Set(foreign.filter(({ type }) => type === 'table').map(({ name }) => name));
  for (const row of foreign) {
    const harm = isConsistent(row, tables) ? harmOf(db, row, own) : ' that is not what its SQL makes';
    if (harm !== null) return { fact: `it has a foreign ${row.type} '${row.name}'${harm}`, remedy: remedyOf(row) };
  }
  return null;
}

function remedyOf({ type, name, sql }: SchemaRow): string | null {
  if ((type !== 'trigger' && type !== 'index') || sql === null) return null;
  return `DROP ${type.toUpperCase()} "${name.replaceAll('"', '""')}"`;
}

const CREATED =
  /^CREATE (?:VIRTUAL )?(?:TABLE|VIEW) ("(?:[^"]|"")*"|\[[^\]]*\]|`(?:[^`]|``)*`|'(?:[^']|'')*'|[^\s(]+)/i;

/** Whether a row agrees with its SQL: a changed row of the format must not pass as an object of another tool. */
function isConsistent({ type, name, tbl_name: table, sql }: SchemaRow, tables: ReadonlySet<string>): boolean {
  // an index on a table of the format is refused for that
  if (type === 'index') return sql !== null || tables.has(table);
  if (type !== 'table' && type !== 'view') return true;
  const [, created = ''] = CREATED.exec(sql ?? '') ?? [];
  const bare = /^["[`']/.test(created) ? created.slice(1, -1).replaceAll('""', '"') : created;
  return table === name && bare.toLowerCase() === name.toLowerCase();
}

function harmOf(db: Database, { type, name, tbl_name: table }: SchemaRow, own: ReadonlySet<string>): string | null {
  if (type !== 'table' && type !== 'view' && type !== 'index') return '';
  if (own.has(table.toLowerCase())) return type === 'index' ? ` on '${table}'` : ' under a name of the format';
  if (own.has(name.toLowerCase()) || isReserved(name)) return ' under a name of the format';
  // a row of it would keep the engine from deleting the row that it refers to
  const parent = type === 'table' ? referencedTables(db, name).find((each) => own.has(each.toLowerCase())) : undefined;
  return parent === undefined ? null : ` that refers to '${parent}'`;
}

/** A partition that is added later needs it. */
function isReserved(name: string): boolean {
  return /^p\d+$/i.test(name);
}

function referencedTables(db: Database, table: string): string[] {
  return db.prepare<[string], string>('SELECT "table" FROM pragma_foreign_key_list(?)').pluck().all(table);
}
