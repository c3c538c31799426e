/** Reads ledger files with SQLite only, without the engine under test. Writes nothing. */

import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';

export interface RawCommit {
  readonly first_sequence: number;
  readonly count: number;
}

function withRawLedger<Result>(path: string, read: (db: Database.Database) => Result): Result {
  const db = new Database(path, { readonly: true, fileMustExist: true });
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
        'SELECT first_sequence, count FROM commits WHERE ? IS NULL OR producer = ? ORDER BY first_sequence',
      )
      .all(producer ?? null, producer ?? null),
  );
}

/** The format of the file: marks and schema, as text. @throws SqliteError if they cannot be read. */
export function rawIdentity(path: string): string {
  return withRawLedger(path, (db) => {
    const schema = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').raw().all();
    return JSON.stringify([db.pragma('application_id'), db.pragma('user_version'), schema]);
  });
}

/** A hash over every column of every row of every table, with their types, and over the view of events. @throws SqliteError if one cannot be read. */
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
      for (const row of db.prepare(`SELECT * FROM "${table}" ORDER BY ${order}`).safeIntegers().raw().iterate()) {
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
