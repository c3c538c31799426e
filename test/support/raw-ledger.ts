/** Reads ledger files with SQLite only, without the engine under test. Writes nothing. */

import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { openRaw } from './raw-database.ts';

export interface RawCommit {
  readonly first_sequence: number;
  readonly count: number;
  readonly hash: Buffer;
}

const FRAME_COLUMNS =
  'sequence, offset, count, first_time, last_time, key, hash, CASE WHEN plain_bytes IS NULL THEN body ELSE CAST(zstd_text(body) AS BLOB) END';

function withRawLedger<Result>(path: string, read: (db: Database.Database) => Result): Result {
  const db = openRaw(path);
  try {
    return read(db);
  } finally {
    db.close();
  }
}

/** The commits of a producer, or all of them, in order. */
export function rawCommits(path: string, producer?: string): RawCommit[] {
  return withRawLedger(path, (db) =>
    db
      .prepare<[string | null, string | null], RawCommit>(
        'SELECT first_sequence, count, hash FROM commits WHERE ? IS NULL OR producer = ? ORDER BY first_sequence',
      )
      .all(producer ?? null, producer ?? null),
  );
}

/** Number of frames whose bodies are compressed. */
export function compressedFrames(path: string): number {
  return withRawLedger(path, (db) => {
    const tables = db.prepare<[], string>('SELECT table_name FROM partition').pluck().all();
    return tables.reduce((sum, table) => {
      const count = db.prepare(`SELECT count(plain_bytes) FROM ${table}`).pluck().get() as number;
      return sum + count;
    }, 0);
  });
}

/** The format of the file: marks and schema, as text. @throws SqliteError if they cannot be read. */
export function rawIdentity(path: string): string {
  return withRawLedger(path, (db) => {
    const schema = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').raw().all();
    return JSON.stringify([db.pragma('application_id'), db.pragma('user_version'), schema]);
  });
}

/** A hash over every column of every row of every table, with their types, and over the view of events. Bodies count as plain ones: one body may be compressed in many ways. @throws SqliteError if one cannot be read. */
export function rawContent(path: string): string {
  return withRawLedger(path, (db) => {
    const hash = createHash('sha256');
    const tables = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name")
      .pluck()
      .all();
    for (const table of tables) {
      hash.update(`table ${table}\n`);
      const order = table === 'events' ? 'sequence' : '1';
      const columns = /^p\d+$/.test(table) ? FRAME_COLUMNS : '*';
      for (const row of db
        .prepare(`SELECT ${columns} FROM "${table}" ORDER BY ${order}`)
        .safeIntegers()
        .raw()
        .iterate()) {
        for (const value of row as unknown[]) hashValue(hash, value);
      }
    }
    return hash.digest('hex');
  });
}

function hashValue(hash: ReturnType<typeof createHash>, value: unknown): void {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
  const type = Buffer.isBuffer(value) ? 'blob' : typeof value;
  hash.update(`${value === null ? 'null' : type} ${bytes.length} `);
  hash.update(bytes);
}
