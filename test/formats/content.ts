/** A ledger's file as text: its marks, its schema, and every row of every table with every column. Reads with SQLite alone. */

import Database from 'better-sqlite3';

/** Columns that contain the time or the uuid of the making, directly or through a hash of them. */
const OF_THE_MAKING: Readonly<Record<string, readonly string[]>> = {
  ledger: ['uuid', 'created_at'],
  epoch: ['hash'],
  commits: ['committed_at', 'hash'],
  groups: ['created_at'],
  parked: ['parked_at'],
};
const TIMES = ['first_time', 'last_time', 'time'];

/** One line per object and row, without what differs between two ledgers of one recipe; `hasArrivalTimes`: also without times. */
export function contentOf(path: string, hasArrivalTimes = false): string[] {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const objects = db
      .prepare<[], { type: string; name: string; sql: string }>(
        'SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name',
      )
      .all();
    const marks = ['application_id', 'user_version', 'page_size', 'encoding', 'journal_mode'].map(
      (name) => `${name} ${db.pragma(name, { simple: true })}`,
    );
    const rows = objects
      .filter(({ type }) => type !== 'index')
      .flatMap(({ name }) => {
        const hidden = [...(OF_THE_MAKING[name] ?? []), ...(hasArrivalTimes ? TIMES : [])];
        return rowsOf(db, name).map((row) => `${name} ${rowText(row, hidden)}`);
      });
    return [...marks, ...objects.map(({ sql }) => sql), ...rows];
  } finally {
    db.close();
  }
}

function rowsOf(db: Database.Database, table: string): Record<string, unknown>[] {
  const order = table === 'events' ? 'sequence' : '1, 2';
  return db.prepare<[], Record<string, unknown>>(`SELECT * FROM "${table}" ORDER BY ${order}`).safeIntegers().all();
}

function rowText(row: Record<string, unknown>, hidden: readonly string[]): string {
  return Object.entries(row)
    .map(([column, value]) => `${column}=${hidden.includes(column) ? '*' : valueText(value)}`)
    .join(' ');
}

function valueText(value: unknown): string {
  if (Buffer.isBuffer(value))
    return value.includes('[') ? JSON.stringify(value.toString()) : `x'${value.toString('hex')}'`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
