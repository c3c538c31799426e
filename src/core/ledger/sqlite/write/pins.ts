/** Reads and writes the pins of sticky sessions: finds them, compares a draft's pins with them, stores those of a commit. */

import type { Database } from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { Epoch } from '../../../model/routing/routing.ts';
import { draftedPin, idleMicrosOf, type Pin, type PinChanges, sessionAt } from '../../../model/routing/session-pins.ts';
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
/** The time of a valid pin alone: nearly always it equals what the draft was built on, and no more is needed. */
const LAST_SEEN = 'SELECT last_seen FROM sessions WHERE session = ? AND epoch >= ?';
const KEEP = 'INSERT OR REPLACE INTO sessions (session, partition, last_seen, epoch) VALUES (?, ?, ?, ?)';

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
    const since = state.pinsSince ?? Number.POSITIVE_INFINITY;
    const find = this.#isThere() ? this.#statements.get<[string, number], number | null>(LAST_SEEN).pluck() : null;
    const differing: Pin[] = [];
    for (let at = 0; at < pins.count; at++) {
      const lastSeen = find?.get(sessionAt(pins, at), since);
      // No object for each: a draft may have 10,000 pins, and nearly all of them agree.
      if (
        lastSeen === undefined
          ? pins.lastSeenBefore[at] === NO_TIME
          : lastSeen !== null && lastSeen === pins.lastSeenBefore[at]
      )
        continue;
      const { session, lastSeenBefore } = draftedPin(pins, at);
      const stored = find === null ? null : this.#pinOf(session, state);
      if (stored === null && lastSeenBefore !== null) throw damaged('the pin of a session is gone');
      if (stored !== null && stored.lastSeen !== lastSeenBefore) differing.push(stored);
    }
    return differing;
  }

  /** `timeShift`: microseconds added to the draft's times. */
  keep({ pins }: PinChanges, { epoch }: PinScope, timeShift: Micros): void {
    if (pins.count === 0) return;
    createOnDemand(this.#db, 'sessions');
    const isForEver = idleMicrosOf(epoch) === null;
    const keep = this.#statements.get(KEEP);
    for (let at = 0; at < pins.count; at++) {
      const lastSeen = isForEver ? null : numberAt(pins.lastSeen, at) + timeShift;
      keep.run(sessionAt(pins, at), pins.partitions[at], lastSeen, epoch.epoch);
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

function damaged(fact: string): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', {
    message: `the ledger is damaged: ${fact}`,
    hint: 'find the first bad commit: completengine inspect --verify',
  });
}
