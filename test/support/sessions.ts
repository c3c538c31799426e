/** Checks the guarantees of sticky sessions with SQLite only: each stays in one partition while it is not idle, as the table says. */

import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { expectSoundLedger, type StoredEvent } from './invariants.ts';

export interface StoredPin {
  readonly session: string;
  readonly partition: string;
  readonly last_seen: number | null;
}

/** The pins of all sessions: those of `recent_sessions`, the later ones first, and then those of `sessions`. */
export function storedPins(path: string): StoredPin[] {
  const db = new Database(path, { readonly: true });
  try {
    const names = db.prepare<[], string>('SELECT name FROM partition ORDER BY id').pluck().all();
    const pins = new Map<string, StoredPin>();
    if (hasTable(db, 'sessions'))
      for (const { session, partition, last_seen } of db.prepare<[], RowOfPin>('SELECT * FROM sessions').all())
        pins.set(session, { session, partition: names[partition] as string, last_seen });
    if (hasTable(db, 'recent_sessions'))
      for (const run of db.prepare<[], RowOfRun>('SELECT * FROM recent_sessions ORDER BY first_sequence').all())
        for (const { session, partition, last_seen } of pinsOfRun(run))
          pins.set(session, { session, partition: names[partition] as string, last_seen });
    return [...pins.values()].sort((one, other) => (one.session < other.session ? -1 : 1));
  } finally {
    db.close();
  }
}

/** The number of rows of `recent_sessions`. */
export function storedRuns(path: string): number {
  return rowsOf(path, 'recent_sessions');
}

/** The number of rows of `sessions`. */
export function storedSessions(path: string): number {
  return rowsOf(path, 'sessions');
}

function rowsOf(path: string, table: string): number {
  const db = new Database(path, { readonly: true });
  try {
    if (!hasTable(db, table)) return 0;
    return db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  } finally {
    db.close();
  }
}

interface RowOfPin {
  readonly session: string;
  readonly partition: number;
  readonly last_seen: number | null;
}

interface RowOfRun {
  readonly from_time: number | null;
  readonly pins: Buffer;
}

function hasTable(db: Database.Database, name: string): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(name) !== undefined;
}

/** Reads a run as docs/FORMAT.md says it is written. */
export function pinsOfRun({ from_time, pins }: RowOfRun): RowOfPin[] {
  const read: RowOfPin[] = [];
  let at = 0;
  const number = (): number => {
    let bits = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = pins.readUInt8(at++);
      bits |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(bits);
    }
  };
  while (at < pins.length) {
    const bytes = number();
    const session = pins.toString('utf8', at, at + bytes);
    at += bytes;
    const partition = number();
    read.push({ session, partition, last_seen: from_time === null ? null : from_time + number() });
  }
  return read;
}

/** Changes the ledger without the engine. */
export function tamper(path: string, sql: string): void {
  const db = new Database(path);
  try {
    expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  } finally {
    db.close();
  }
}

/** The partition of each session, for sessions without an idle time. */
export async function expectPinnedForEver(
  path: string,
  sessionOf: (payload: string) => string,
): Promise<Map<string, string>> {
  const events = await expectSoundLedger(path);
  const places = new Map<string, string>();
  for (const { payload, partition } of events) {
    const session = sessionOf(payload);
    const place = places.get(session) ?? partition;
    if (place !== partition) expect([session, partition]).toEqual([session, place]);
    places.set(session, partition);
  }
  const stored = storedPins(path).map(({ session, partition }): [string, string] => [session, partition]);
  expect(new Map(stored)).toEqual(places);
  return places;
}

/** A plain model of the rule with an idle time. `idleMicros`: a session may move when idle for longer, and must when idle for longer than 17/16 of it. */
export function expectPinnedWhileAwake(
  events: readonly StoredEvent[],
  idleMicros: number,
  sessionOf: (payload: string) => string,
): void {
  const last = new Map<string, StoredEvent>();
  for (const event of events) {
    const session = sessionOf(event.payload);
    const before = last.get(session);
    const mustStay = before !== undefined && event.time - before.time <= idleMicros;
    if (mustStay && event.partition !== before.partition)
      expect([session, event.sequence, event.partition]).toEqual([session, event.sequence, before.partition]);
    last.set(session, event);
  }
}
