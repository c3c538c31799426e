/** Checks the guarantees of sticky sessions with SQLite only: each stays in one partition while it is not idle, as the table says. */

import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { expectSoundLedger, type StoredEvent } from './invariants.ts';

export interface StoredPin {
  readonly session: string;
  readonly partition: string;
  readonly last_seen: number | null;
}

export function storedPins(path: string): StoredPin[] {
  const db = new Database(path, { readonly: true });
  try {
    const isThere = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sessions'").get() !== undefined;
    if (!isThere) return [];
    const sql =
      'SELECT session, name AS partition, last_seen FROM sessions JOIN partition ON partition.id = sessions.partition ORDER BY session';
    return db.prepare<[], StoredPin>(sql).all();
  } finally {
    db.close();
  }
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
