/** Pins of sticky sessions in their table: looks them up, compares a draft's with them, keeps what a commit makes of them. */

import type { Database } from 'better-sqlite3';
import { LedgerError } from '../../model/ledger-error.ts';
import { draftedPins, idleMicrosOf, type Pin, type PinChanges } from '../../model/session-pins.ts';
import { type Micros, NO_TIME } from '../../model/time.ts';
import { integer, integerOrNull, type RawRow } from './rows.ts';
import { createOnDemand, hasTable } from './schema.ts';
import { Statements } from './statements.ts';
import type { WriteState } from './write-state.ts';

const FIND = 'SELECT partition, last_seen, epoch FROM sessions WHERE session = ?';
const KEEP = 'INSERT OR REPLACE INTO sessions (session, partition, last_seen, epoch) VALUES (?, ?, ?, ?)';

export function hasPins(db: Database): boolean {
  return hasTable(db, 'sessions') && db.prepare('SELECT 1 FROM sessions LIMIT 1').get() !== undefined;
}

export class PinStore {
  readonly #db: Database;
  readonly #statements: Statements;
  /** A table that is there stays there, but for one that a transaction made and gave up. */
  #hasTable = false;

  constructor(db: Database) {
    this.#db = db;
    this.#statements = new Statements(db);
  }

  /** After a rollback a table that was just made is gone. */
  forget(): void {
    this.#hasTable = false;
  }

  /** Those of the sessions that hold in the epoch of `state`. */
  find(sessions: readonly string[], state: WriteState): Pin[] {
    if (state.pinsSince === null || !this.#isThere()) return [];
    return sessions.map((session) => this.#pinOf(session, state)).filter((pin) => pin !== null);
  }

  /**
   * The stored pins that are not as the draft took them to be. Those that it only relied on need no look: another writer could have changed them
   * no earlier than they would have ended for the draft too.
   */
  differences({ pins }: PinChanges, state: WriteState): Pin[] {
    if (pins.count === 0) return [];
    const isThere = this.#isThere();
    const differing: Pin[] = [];
    for (const { session, lastSeenBefore } of draftedPins(pins)) {
      const stored = isThere ? this.#pinOf(session, state) : null;
      if (stored === null && lastSeenBefore !== null) throw damaged('the pin of a session is gone');
      if (stored !== null && stored.lastSeen !== lastSeenBefore) differing.push(stored);
    }
    return differing;
  }

  /** `lift`: what was added to the draft's times. */
  keep({ pins }: PinChanges, state: WriteState, lift: Micros): void {
    if (pins.count === 0) return;
    createOnDemand(this.#db, 'sessions');
    const isForEver = idleMicrosOf(state.epoch) === null;
    const keep = this.#statements.get(KEEP);
    for (const { session, partition, lastSeen } of draftedPins(pins)) keep.run(session, partition, isForEver ? null : lastSeen + lift, state.epoch.epoch);
  }

  #isThere(): boolean {
    this.#hasTable ||= hasTable(this.#db, 'sessions');
    return this.#hasTable;
  }

  #pinOf(session: string, state: WriteState): Pin | null {
    const row = this.#statements.get<[string], RawRow>(FIND).get(session);
    // pins of a routing that is no longer in force are as good as none
    if (row === undefined || integer(row, 'epoch') < (state.pinsSince ?? Number.POSITIVE_INFINITY)) return null;
    const partition = integer(row, 'partition');
    if (partition < 0 || partition >= state.partitionNames.length) throw damaged(`a session is pinned to partition ${partition}, and there is none`);
    // one that was left out of the routing takes no new events
    if (!state.epoch.partitionIds.includes(partition)) return null;
    return { session, partition, lastSeen: integerOrNull(row, 'last_seen') ?? NO_TIME };
  }
}

function damaged(fact: string): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', {
    message: `the ledger is damaged: ${fact}`,
    hint: 'see how far it is sound: completengine inspect --verify',
  });
}
