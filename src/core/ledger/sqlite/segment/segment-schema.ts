/** The file of a segment as SQL. It is written once and then only read, so it has no -wal. The only names in SQL text are ours. */

import type { Database } from 'better-sqlite3';
import { PLACEMENTS_SQL, SEGMENTS_SQL } from '../connection/schema.ts';

/** "CDSG" in the header of the file. */
export const SEGMENT_APPLICATION_ID = 0x43445347;
export const SEGMENT_FORMAT = 1;
/** Pages of 16 KiB leave a sixth of a segment of single commits unused. */
export const SEGMENT_PAGE_BYTES = 4096;

const TABLES: Readonly<Record<string, string>> = {
  segment: `CREATE TABLE segment (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  uuid TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  config TEXT NOT NULL,
  from_sequence INTEGER NOT NULL,
  through INTEGER NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  commits INTEGER NOT NULL,
  hash_before BLOB NOT NULL,
  hash_behind BLOB NOT NULL
) STRICT`,
  epoch: `CREATE TABLE epoch (
  epoch INTEGER PRIMARY KEY,
  from_sequence INTEGER NOT NULL,
  routing TEXT NOT NULL,
  previous BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT`,
  partition: `CREATE TABLE partition (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  table_name TEXT NOT NULL UNIQUE,
  epoch INTEGER NOT NULL REFERENCES epoch (epoch),
  first_offset INTEGER NOT NULL,
  next_offset INTEGER NOT NULL
) STRICT`,
  placements: PLACEMENTS_SQL,
  segments: SEGMENTS_SQL,
  block: `CREATE TABLE block (
  first_sequence INTEGER PRIMARY KEY,
  through INTEGER NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  hash_before BLOB NOT NULL,
  hash_behind BLOB NOT NULL,
  commits BLOB NOT NULL
) STRICT`,
  part: `CREATE TABLE part (
  partition INTEGER NOT NULL REFERENCES partition (id),
  block INTEGER NOT NULL REFERENCES block (first_sequence),
  first_offset INTEGER NOT NULL,
  count INTEGER NOT NULL,
  bodies BLOB NOT NULL,
  PRIMARY KEY (partition, block)
) STRICT`,
};

export function segmentSql(): string[] {
  return Object.values(TABLES);
}

/** The first difference between the file's schema and that of a segment, as a fact; null if there is none. */
export function segmentDifference(db: Database): string | null {
  const rows = db
    .prepare<[], { name: string; sql: string | null }>(
      "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_autoindex%'",
    )
    .all();
  const found = new Map(rows.map(({ name, sql }) => [name, sql]));
  for (const [name, sql] of Object.entries(TABLES)) {
    if (!found.has(name)) return `'${name}' is missing`;
    if (found.get(name) !== sql) return `'${name}' is not as it was created`;
    found.delete(name);
  }
  const [foreign] = found.keys();
  return foreign === undefined ? null : `it has a foreign object '${foreign}'`;
}
