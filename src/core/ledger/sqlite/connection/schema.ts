/** Format 1 as SQL: the tables and the view. The only names in SQL text are ours. */

import type { Database } from 'better-sqlite3';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { type Statements, statementsOf } from './statements.ts';

/** "CDEX" in the header of the file. */
export const APPLICATION_ID = 0x43444558;
export const FORMAT = 1;

const TABLES: Readonly<Record<string, string>> = {
  ledger: `CREATE TABLE ledger (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  uuid TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  config TEXT NOT NULL
) STRICT`,
  epoch: `CREATE TABLE epoch (
  epoch INTEGER PRIMARY KEY,
  from_sequence INTEGER NOT NULL,
  routing TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT`,
  partition: `CREATE TABLE partition (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  table_name TEXT NOT NULL UNIQUE,
  epoch INTEGER NOT NULL REFERENCES epoch (epoch)
) STRICT`,
  commits: `CREATE TABLE commits (
  first_sequence INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  committed_at INTEGER NOT NULL,
  producer TEXT,
  producer_position INTEGER,
  producer_digest BLOB,
  sent_to INTEGER,
  hash BLOB NOT NULL
) STRICT`,
};

/** The archived runs: one table of a ledger, and one of a segment. */
export const SEGMENTS_SQL = `CREATE TABLE segments (
  number INTEGER PRIMARY KEY,
  before_sequence INTEGER NOT NULL,
  epoch INTEGER NOT NULL REFERENCES epoch (epoch),
  first_sequence INTEGER NOT NULL,
  through INTEGER NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  commits INTEGER NOT NULL,
  archived_at INTEGER NOT NULL,
  ends TEXT NOT NULL,
  seams BLOB NOT NULL,
  hash_behind BLOB NOT NULL,
  file TEXT,
  bytes INTEGER,
  checksum BLOB,
  hash BLOB NOT NULL
) STRICT`;

/** Keys with a partition of their own: one table of a ledger, and one of a segment. */
export const PLACEMENTS_SQL = `CREATE TABLE placements (
  epoch INTEGER NOT NULL REFERENCES epoch (epoch),
  key TEXT NOT NULL,
  partition INTEGER NOT NULL REFERENCES partition (id),
  PRIMARY KEY (epoch, key)
) STRICT, WITHOUT ROWID`;

/** Created with the first row that needs them. */
const TABLES_ON_DEMAND = {
  segments: SEGMENTS_SQL,
  producers: `CREATE TABLE producers (
  name TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  digest BLOB NOT NULL,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID`,
  ids: `CREATE TABLE ids (
  id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT, WITHOUT ROWID`,
  sessions: `CREATE TABLE sessions (
  session TEXT PRIMARY KEY,
  partition INTEGER NOT NULL,
  last_seen INTEGER,
  epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID`,
  recent_sessions: `CREATE TABLE recent_sessions (
  first_sequence INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  from_time INTEGER,
  pins BLOB NOT NULL
) STRICT`,
  placements: PLACEMENTS_SQL,
  groups: `CREATE TABLE groups (
  name TEXT PRIMARY KEY,
  generation INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID`,
  members: `CREATE TABLE members (
  group_name TEXT NOT NULL REFERENCES groups (name),
  name TEXT NOT NULL,
  token INTEGER NOT NULL,
  partitions TEXT,
  ttl INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (group_name, name)
) STRICT, WITHOUT ROWID`,
  cursors: `CREATE TABLE cursors (
  group_name TEXT NOT NULL REFERENCES groups (name),
  partition INTEGER NOT NULL REFERENCES partition (id),
  next_offset INTEGER NOT NULL,
  next_sequence INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  failure TEXT,
  failure_attempts INTEGER,
  failure_sequence INTEGER,
  failure_member TEXT,
  failed_at INTEGER,
  PRIMARY KEY (group_name, partition)
) STRICT, WITHOUT ROWID`,
  leases: `CREATE TABLE leases (
  group_name TEXT NOT NULL REFERENCES groups (name),
  partition INTEGER NOT NULL REFERENCES partition (id),
  member TEXT NOT NULL,
  token INTEGER NOT NULL,
  PRIMARY KEY (group_name, partition)
) STRICT, WITHOUT ROWID`,
  parked: `CREATE TABLE parked (
  group_name TEXT NOT NULL REFERENCES groups (name),
  sequence INTEGER NOT NULL,
  partition INTEGER NOT NULL REFERENCES partition (id),
  offset INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reason TEXT NOT NULL,
  details TEXT NOT NULL,
  parked_at INTEGER NOT NULL,
  is_due INTEGER NOT NULL,
  PRIMARY KEY (group_name, sequence)
) STRICT, WITHOUT ROWID`,
} as const satisfies Readonly<Record<string, string>>;

type TableOnDemand = keyof typeof TABLES_ON_DEMAND;

/**
 * By the table that they are created with. Due events are searched at every renewal of a lease, inside a write transaction, and parked events are counted in
 * every summary: with a million parked events each of these would read all rows, reasons included.
 */
const INDEXES_ON_DEMAND: { readonly [Table in TableOnDemand]?: { readonly name: string; readonly sql: string } } = {
  parked: { name: 'parked_due', sql: 'CREATE INDEX parked_due ON parked (group_name, is_due, partition)' },
};

/** The table of a partition: by its id, never by its name. */
export function partitionTable(id: number): string {
  return `p${id}`;
}

export function countPartitionTables(db: Database): number {
  const tables =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'p[0-9]*' AND name NOT GLOB 'p*[^0-9]*'";
  return db.prepare(tables).pluck().get() as number;
}

function partitionSql(id: number): string {
  return `CREATE TABLE ${partitionTable(id)} (
  sequence INTEGER PRIMARY KEY,
  offset INTEGER NOT NULL,
  count INTEGER NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  key TEXT,
  hash BLOB NOT NULL,
  plain_bytes INTEGER,
  body BLOB NOT NULL
) STRICT`;
}

/** Whether the view reads plain bodies alone, or compressed ones too. */
export type ViewedBodies = 'plain' | 'compressed';

const BODY_TEXT: Readonly<Record<ViewedBodies, string>> = {
  plain: 'CAST(f.body AS TEXT)',
  compressed: 'CASE WHEN f.plain_bytes IS NULL THEN CAST(f.body AS TEXT) ELSE zstd_text(f.body) END',
};

/**
 * A row per event. A body has one event a line, `[dSequence,dTime,PAYLOAD]` with a bracket and a comma around it; json_each() takes the lines
 * apart as strings, because it would format again what it reads as JSON, and a payload keeps its bytes. Plain functions of SQLite 3.38.
 * Commits come first, and CROSS JOIN keeps them there: a condition on `commit_sequence` and `commit_end` is then a range of their primary key, and
 * the bodies of other commits are not read. A compressed body needs the function zstd_text(), and SQLite refuses the view where it is missing: rows are never
 * left out in silence. So the view names it only in a ledger that may have such bodies. A key that routing reads from payloads is not stored, so `given_key` shows only what an emitter gave.
 *
 * What each partition adds is short, because SQLite parses all of it in every connection: 8 us a partition, and 45 where each had the expressions of its own.
 */
function eventsSql(partitionCount: number, bodies: ViewedBodies): string {
  const frames = Array.from({ length: partitionCount }, (_, id) => framesSql(id)).join('\nUNION ALL ');
  const lines = `'["' || replace(replace(replace(replace(replace(${BODY_TEXT[bodies]}, '\\', '\\\\'), '"', '\\"'), char(9), '\\t'), char(13), '\\r'), char(10), '","') || '"]'`;
  return `CREATE VIEW events AS
SELECT
  f.sequence + CAST(ltrim(line.value, '[') AS INTEGER) AS sequence,
  f.partition AS partition,
  f.offset + line.key AS offset,
  f.first_time + CAST(substr(line.value, instr(line.value, ',') + 1) AS INTEGER) AS time,
  f.key AS given_key,
  f.commit_sequence AS commit_sequence,
  f.commit_sequence + f.commit_count - 1 AS commit_end,
  substr(line.value,
    instr(line.value, ',') + instr(substr(line.value, instr(line.value, ',') + 1), ',') + 1,
    length(line.value) - instr(line.value, ',') - instr(substr(line.value, instr(line.value, ',') + 1), ',') - 2) AS payload
FROM (
${frames}
) AS f CROSS JOIN json_each(${lines}) AS line`;
}

/** Frames of one partition, with its name and with their commits. The columns of all take their names from the first partition. */
function framesSql(id: PartitionId): string {
  const names = id === 0 ? [' AS partition', ' AS commit_sequence', ' AS commit_count'] : ['', '', ''];
  return `SELECT (SELECT name FROM partition WHERE id = ${id})${names[0]}, c.first_sequence${names[1]}, c.count${names[2]}, f.* FROM commits c CROSS JOIN ${partitionTable(id)} f ON f.sequence = c.first_sequence`;
}

/** Every object of a new ledger, in order. */
export function creationSql(partitionCount: number, bodies: ViewedBodies): string[] {
  return [
    ...Object.values(TABLES),
    ...Array.from({ length: partitionCount }, (_, id) => partitionSql(id)),
    eventsSql(partitionCount, bodies),
  ];
}

/** Adds tables for partitions after the `before` existing ones, and adds them to the view. Must run in a transaction. */
export function addPartitionTables(db: Database, before: number, count: number): void {
  if (count === 0) return;
  for (let id = before; id < before + count; id++) db.exec(partitionSql(id));
  replaceView(db, before + count, viewedBodies(db, before));
}

/** Lets the view read compressed bodies, or plain ones alone. Must run in a transaction. */
export function setViewedBodies(db: Database, partitionCount: number, bodies: ViewedBodies): void {
  if (viewedBodies(db, partitionCount) !== bodies) replaceView(db, partitionCount, bodies);
}

export function viewedBodies(db: Database, partitionCount: number): ViewedBodies {
  const sql = db.prepare<[], string>("SELECT sql FROM sqlite_schema WHERE name = 'events'").pluck().get();
  return sql === eventsSql(partitionCount, 'compressed') ? 'compressed' : 'plain';
}

function replaceView(db: Database, partitionCount: number, bodies: ViewedBodies): void {
  db.exec('DROP VIEW events');
  db.exec(eventsSql(partitionCount, bodies));
}

export function createOnDemand(db: Database, table: TableOnDemand): void {
  if (hasTable(db, table)) return;
  db.exec(TABLES_ON_DEMAND[table]);
  const index = INDEXES_ON_DEMAND[table];
  if (index !== undefined) db.exec(index.sql);
}

/**
 * Its statement is kept: each read of a partition asks several times, and compiling took 5 % of the time of four groups. It asks the schema that SQLite has
 * in memory and keeps up to date: a look through `sqlite_schema` takes 17 us beside 256 tables of partitions, and this 4, however many there are.
 */
export function hasTable(db: Database, table: TableOnDemand): boolean {
  return isTable(statementsOf(db), table);
}

/** As {@link hasTable}, for who keeps statements of its own. */
export function isTable(statements: Statements, table: TableOnDemand): boolean {
  return statements.get<[string], unknown>('SELECT 1 FROM pragma_table_info(?) LIMIT 1').get(table) !== undefined;
}

/** Whether nothing was ever created in the file: it is new, or its creation was interrupted. */
export function isEmptyDatabase(db: Database): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
}

/** Objects of format 1, as SQL by name. */
export interface ExpectedObjects {
  readonly required: ReadonlyMap<string, string>;
  /** Tables that are created when they are first needed, and their indexes. */
  readonly onDemand: ReadonlyMap<string, string>;
  /** The table of each index. */
  readonly indexes: ReadonlyMap<string, string>;
}

/** `partitionCount`: number of partitions in the file. */
export function expectedObjects(partitionCount: number, bodies: ViewedBodies): ExpectedObjects {
  const required = new Map<string, string>(Object.entries(TABLES));
  for (let id = 0; id < partitionCount; id++) required.set(partitionTable(id), partitionSql(id));
  required.set('events', eventsSql(partitionCount, bodies));
  const onDemand = new Map<string, string>(Object.entries(TABLES_ON_DEMAND));
  const indexes = new Map<string, string>();
  for (const [table, { name, sql }] of Object.entries(INDEXES_ON_DEMAND)) {
    onDemand.set(name, sql);
    indexes.set(name, table);
  }
  return { required, onDemand, indexes };
}
