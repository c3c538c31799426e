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
  sessionTexts,
} from '../../../model/routing/session-pins.ts';
import { numberAt } from '../../../model/text/bytes.ts';
import { type Micros, NO_TIME } from '../../../model/time/time.ts';
import { integer, integerOrNull, type RawRow } from '../connection/rows.ts';
import { createOnDemand, hasTable } from '../connection/schema.ts';
import { Statements } from '../connection/statements.ts';

/** The part of the state that decides which stored pins are valid. */
export interface PinScope {
  readonly epoch: Epoch;
  readonly partitionNames: readonly string[];
  /** The first epoch whose pins are valid; null if the routing is not sticky. */
  readonly pinsSince: number | null;
}

const FIND = 'SELECT partition, last_seen, epoch FROM sessions WHERE session = ?';
/**
 * Pins of one statement. Most of the time of a small one is the call into SQLite: to compare a pin took 0.8 us alone, 0.61 among 64 and 0.59 among 256; to
 * store it 1.4, 0.66 and 0.54. A draft has thousands.
 */
const AT_ONCE = 256;

/** How many of these sessions have a valid pin, and how many of them were last seen when the draft assumes. */
const agreeSql = bySize(
  (count) => `SELECT count(*), count(CASE WHEN s.last_seen = d.column2 THEN 1 END)
    FROM (VALUES ${rows('(?, ?)', count)}) AS d CROSS JOIN sessions AS s ON s.session = d.column1 WHERE s.epoch >= ?`,
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

/** Consecutive pins of a draft. */
interface Part {
  readonly from: number;
  readonly size: number;
}

/** Cuts a draft's pins into as few statements as possible, of few different sizes, so that each is compiled once. */
function* parts({ count }: DraftedPins): Generator<Part> {
  for (let from = 0, size = AT_ONCE; from < count; from += size) {
    while (size > count - from) size /= 2;
    yield { from, size };
  }
}

export function hasPins(db: Database): boolean {
  return hasTable(db, 'sessions') && db.prepare('SELECT 1 FROM sessions LIMIT 1').get() !== undefined;
}

export class PinStore {
  readonly #db: Database;
  readonly #statements: Statements;
  /** The table is never dropped, but a rollback may undo its creation. */
  #hasTable = false;

  constructor(db: Database) {
    this.#db = db;
    this.#statements = new Statements(db);
  }

  /** To be called after a rollback: it may have undone the creation of the table. */
  forget(): void {
    this.#hasTable = false;
  }

  /** Pins of these sessions that are valid in the epoch of `state`. */
  find(sessions: readonly string[], state: PinScope): Pin[] {
    if (state.pinsSince === null || !this.#isThere()) return [];
    return sessions.map((session) => this.#pinOf(session, state)).filter((pin) => pin !== null);
  }

  /**
   * Stored pins that differ from those the draft was built on. Pins that it read and does not write need no check: another writer could have changed them
   * no earlier than they would have ended for the draft, too.
   */
  differences({ pins }: PinChanges, state: PinScope): Pin[] {
    if (pins.count === 0) return [];
    if (!this.#isThere()) return differing(pins, { from: 0, size: pins.count }, () => null);
    const session = sessionTexts(pins);
    const since = state.pinsSince ?? Number.POSITIVE_INFINITY;
    return [...parts(pins)].flatMap((part) =>
      this.#agree(pins, part, session, since) ? [] : differing(pins, part, (key) => this.#pinOf(key, state)),
    );
  }

  /** Whether all of these pins are stored as the draft assumes: nearly always, and then they need not be read one by one. */
  #agree(pins: DraftedPins, { from, size }: Part, session: (at: number) => string, since: number): boolean {
    const values: (string | number)[] = [];
    let known = 0;
    for (let at = from; at < from + size; at++) {
      const before = numberAt(pins.lastSeenBefore, at);
      if (before !== NO_TIME) known++;
      values.push(session(at), before);
    }
    const agree = this.#statements.get<(string | number)[], [number, number]>(agreeSql(size)).raw();
    const [found, same] = agree.get(...values, since) as [number, number];
    return found === known && same === known;
  }

  /** `timeShift`: microseconds added to the draft's times. */
  keep({ pins }: PinChanges, { epoch }: PinScope, timeShift: Micros): void {
    if (pins.count === 0) return;
    createOnDemand(this.#db, 'sessions');
    const isForEver = idleMicrosOf(epoch) === null;
    const session = sessionTexts(pins);
    for (const { from, size } of parts(pins)) {
      const values: (string | number | null)[] = [];
      for (let at = from; at < from + size; at++) {
        const lastSeen = isForEver ? null : numberAt(pins.lastSeen, at) + timeShift;
        values.push(session(at), numberAt(pins.partitions, at), lastSeen, epoch.epoch);
      }
      this.#statements.get<(string | number | null)[], never>(keepSql(size)).run(...values);
    }
  }

  #isThere(): boolean {
    this.#hasTable ||= hasTable(this.#db, 'sessions');
    return this.#hasTable;
  }

  #pinOf(session: string, state: PinScope): Pin | null {
    const row = this.#statements.get<[string], RawRow>(FIND).get(session);
    // Pins of a routing that is no longer in force are ignored.
    if (row === undefined || integer(row, 'epoch') < (state.pinsSince ?? Number.POSITIVE_INFINITY)) return null;
    const partition = integer(row, 'partition');
    if (partition < 0 || partition >= state.partitionNames.length)
      throw damaged(`a session is pinned to partition ${partition}, and there is none`);
    // A partition that was left out of the routing takes no new events.
    if (!state.epoch.partitionIds.includes(partition)) return null;
    return { session, partition, lastSeen: integerOrNull(row, 'last_seen') ?? NO_TIME };
  }
}

/** Those that are stored otherwise than the draft assumes. @throws LedgerError DAMAGED_LEDGER if one is gone */
function differing(pins: DraftedPins, { from, size }: Part, find: (session: string) => Pin | null): Pin[] {
  const differ: Pin[] = [];
  for (let at = from; at < from + size; at++) {
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
