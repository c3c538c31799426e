/** Reads and writes the pins of sticky sessions: finds them, compares a draft's pins with them, stores those of a commit. */

import type { Database } from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { Epoch } from '../../../model/routing/routing.ts';
import {
  type DraftedPins,
  draftedPin,
  idleMicrosOf,
  type Pin,
  type PinChanges,
  type SessionNumber,
  sessionTexts,
} from '../../../model/routing/session-pins.ts';
import type { SessionTable } from '../../../model/routing/session-table.ts';
import { numberAt } from '../../../model/text/bytes.ts';
import { type Micros, NO_TIME } from '../../../model/time/time.ts';
import { integer, integerOrNull, type RawRow } from '../connection/rows.ts';
import { createOnDemand, hasTable } from '../connection/schema.ts';
import { Statements } from '../connection/statements.ts';
import { encodePins } from './pin-run.ts';
import { RecentPins, type StoredPin } from './recent-pins.ts';

/** The part of the state that decides which stored pins are valid. */
export interface PinScope {
  readonly epoch: Epoch;
  readonly partitionNames: readonly string[];
  /** The first epoch whose pins are valid; null if the routing is not sticky. */
  readonly pinsSince: number | null;
}

type RowValue = string | number | null;

/** What the pins of a commit are stored with. */
export interface PinnedCommit {
  readonly firstSequence: number;
  /** Microseconds added to the draft's times. */
  readonly timeShift: Micros;
}

const FIND = 'SELECT partition, last_seen, epoch FROM sessions WHERE session = ?';
/**
 * Pins of one statement. Most of the time of a small one is the call into SQLite: to compare a pin took 0.8 us alone, 0.61 among 64 and 0.59 among 256; to
 * store it 1.4, 0.66 and 0.54. A draft has thousands.
 */
const AT_ONCE = 256;

/** From this number of pins of a commit on they are stored as a run: each would change another page of the table. */
const RUN_FROM = 8;

/** How many of these sessions have a valid pin, and how many of them were last seen when the draft assumes. */
const agreeSql = bySize(
  (count) => `SELECT count(*), count(CASE WHEN s.last_seen = d.column2 THEN 1 END)
    FROM (VALUES ${rows('(?, ?)', count)}) AS d CROSS JOIN sessions AS s ON s.session = d.column1 WHERE s.epoch >= ?`,
);

const thereSql = bySize(
  (count) =>
    `SELECT count(*) FROM (VALUES ${rows('(?)', count)}) AS d CROSS JOIN sessions AS s ON s.session = d.column1`,
);

const keepSql = bySize(
  (count) =>
    `INSERT OR REPLACE INTO sessions (session, partition, last_seen, epoch) VALUES ${rows('(?, ?, ?, ?)', count)}`,
);

/** Each text is made once. */
function bySize(sqlOf: (count: number) => string): (count: number) => string {
  const sql = new Map<number, string>();
  return (count) => {
    const made = sql.get(count) ?? sqlOf(count);
    sql.set(count, made);
    return made;
  };
}

function rows(row: string, count: number): string {
  return new Array<string>(count).fill(row).join(', ');
}

/** Cuts a list into as few statements as possible, of few different sizes, so that each is compiled once. */
function* parts<Place>(places: ArrayLike<Place> & { slice(from: number, end: number): Place[] }): Generator<Place[]> {
  for (let from = 0, size = AT_ONCE; from < places.length; from += size) {
    while (size > places.length - from) size /= 2;
    yield places.slice(from, from + size);
  }
}

export function hasPins(db: Database): boolean {
  const isFilled = (table: 'sessions' | 'recent_sessions'): boolean =>
    hasTable(db, table) && db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined;
  return isFilled('sessions') || isFilled('recent_sessions');
}

/** The number of sessions with a pin, valid or not. */
export function countSessions(db: Database): number {
  const { table } = new RecentPins(db).all();
  if (!hasTable(db, 'sessions')) return table.size;
  const statements = new Statements(db);
  let inBoth = 0;
  for (const part of parts(inKeyOrder(table))) {
    const count = statements.get<string[], number>(thereSql(part.length)).pluck();
    inBoth += count.get(...part.map((session) => table.textOf(session))) as number;
  }
  return table.size - inBoth + (db.prepare('SELECT count(*) FROM sessions').pluck().get() as number);
}

export class PinStore {
  readonly #db: Database;
  readonly #statements: Statements;
  readonly #recent: RecentPins;
  /** The table is never dropped, but a rollback may undo its creation. */
  #hasTable = false;

  constructor(db: Database) {
    this.#db = db;
    this.#statements = new Statements(db);
    this.#recent = new RecentPins(db, this.#statements);
  }

  /** To be called after a rollback: it may have undone the creation of a table. */
  forget(): void {
    this.#hasTable = false;
    this.#recent.forget();
  }

  /** Pins of these sessions that are valid in the epoch of `state`. */
  find(sessions: readonly string[], state: PinScope): Pin[] {
    if (state.pinsSince === null) return [];
    const recent = this.#recent.find(sessions);
    return sessions.map((session) => this.#pinOf(session, recent, state)).filter((pin) => pin !== null);
  }

  /**
   * Stored pins that differ from those the draft was built on. Pins that it read and does not write need no check: another writer could have changed them
   * no earlier than they would have ended for the draft, too.
   */
  differences({ pins }: PinChanges, state: PinScope): Pin[] {
    if (pins.count === 0) return [];
    const sessionOf = sessionTexts(pins);
    const sessions = Array.from({ length: pins.count }, (_, at) => sessionOf(at));
    const recent = this.#recent.find(sessions);
    const isRecent = (at: number): boolean => recent.has(sessions[at] as string);
    const differ = (places: readonly number[]): Pin[] =>
      differing(pins, places, (session) => this.#pinOf(session, recent, state));
    const places = [...sessions.keys()];
    if (!this.#isThere()) return differ(places);
    const since = state.pinsSince ?? Number.POSITIVE_INFINITY;
    const differAmong = (part: readonly number[]): Pin[] =>
      this.#agree(pins, part, sessions, since) ? [] : differ(part);
    return [
      ...differ(places.filter(isRecent)),
      ...[...parts(places.filter((at) => !isRecent(at)))].flatMap(differAmong),
    ];
  }

  /** Whether all of these pins are in the table as the draft assumes: nearly always, and then they need not be read one by one. */
  #agree(pins: DraftedPins, places: readonly number[], sessions: readonly string[], since: number): boolean {
    const values: (string | number)[] = [];
    let known = 0;
    for (const at of places) {
      const before = numberAt(pins.lastSeenBefore, at);
      if (before !== NO_TIME) known++;
      values.push(sessions[at] as string, before);
    }
    const agree = this.#statements.get<(string | number)[], [number, number]>(agreeSql(places.length)).raw();
    const [found, same] = agree.get(...values, since) as [number, number];
    return found === known && same === known;
  }

  /** Stores the pins of a commit. */
  keep({ pins }: PinChanges, { epoch }: PinScope, { firstSequence, timeShift }: PinnedCommit): void {
    if (pins.count === 0) return;
    const hasTimes = idleMicrosOf(epoch) !== null;
    // few pins go among those of a run, too, which would hide them in the table
    if (pins.count >= RUN_FROM || !this.#recent.isEmpty) {
      const run = encodePins(pins, hasTimes);
      const fromTime = run.fromTime === null ? null : run.fromTime + timeShift;
      this.#recent.add(firstSequence, epoch.epoch, { ...run, fromTime });
      if (this.#recent.isFull && !this.#recent.compact()) this.#merge();
      return;
    }
    const sessionOf = sessionTexts(pins);
    this.#keep([...pins.ends.keys()], (at, into) => {
      const lastSeen = hasTimes ? numberAt(pins.lastSeen, at) + timeShift : null;
      into.push(sessionOf(at), numberAt(pins.partitions, at), lastSeen, epoch.epoch);
    });
  }

  /** Moves all recent pins into the table. */
  #merge(): void {
    const { table, pinOf } = this.#recent.all();
    this.#keep(inKeyOrder(table), (session, into) => {
      const { partition, lastSeen, epoch } = pinOf(session);
      into.push(table.textOf(session), partition, lastSeen, epoch);
    });
    this.#recent.clear();
  }

  #keep(places: number[], pushRow: (place: number, into: RowValue[]) => void): void {
    createOnDemand(this.#db, 'sessions');
    for (const part of parts(places)) {
      const values: RowValue[] = [];
      for (const place of part) pushRow(place, values);
      this.#statements.get<RowValue[], never>(keepSql(part.length)).run(...values);
    }
  }

  #isThere(): boolean {
    this.#hasTable ||= hasTable(this.#db, 'sessions');
    return this.#hasTable;
  }

  #pinOf(session: string, recent: ReadonlyMap<string, StoredPin>, state: PinScope): Pin | null {
    const stored = recent.get(session) ?? this.#row(session);
    // Pins of a routing that is no longer in force are ignored.
    if (stored === null || stored.epoch < (state.pinsSince ?? Number.POSITIVE_INFINITY)) return null;
    const { partition, lastSeen } = stored;
    if (partition < 0 || partition >= state.partitionNames.length)
      throw damaged(`a session is pinned to partition ${partition}, and there is none`);
    // A partition that was left out of the routing takes no new events.
    if (!state.epoch.partitionIds.includes(partition)) return null;
    return { session, partition, lastSeen: lastSeen ?? NO_TIME };
  }

  #row(session: string): StoredPin | null {
    const row = this.#isThere() ? this.#statements.get<[string], RawRow>(FIND).get(session) : undefined;
    return row === undefined ? null : storedPin(row);
  }
}

/** A row of `sessions`. */
export function storedPin(row: RawRow): StoredPin {
  return {
    partition: integer(row, 'partition'),
    lastSeen: integerOrNull(row, 'last_seen'),
    epoch: integer(row, 'epoch'),
  };
}

/** So that the pages of the table are read one after the other. */
function inKeyOrder(table: SessionTable): SessionNumber[] {
  return [...table.inKeyOrder(Int32Array.from({ length: table.size }, (_, session) => session))];
}

/** Those that are stored otherwise than the draft assumes. @throws LedgerError DAMAGED_LEDGER if one is gone */
function differing(pins: DraftedPins, places: readonly number[], find: (session: string) => Pin | null): Pin[] {
  const differ: Pin[] = [];
  for (const at of places) {
    const { session, lastSeenBefore } = draftedPin(pins, at);
    const stored = find(session);
    if (stored === null && lastSeenBefore !== null) throw damaged('the pin of a session is gone');
    if (stored !== null && stored.lastSeen !== lastSeenBefore) differ.push(stored);
  }
  return differ;
}

function damaged(fact: string): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', {
    message: `the ledger is damaged: ${fact}`,
    hint: 'find the first bad commit: completengine inspect --verify',
  });
}
