/** An index of ids and pins in a file of SQLite. Nothing in the file is trusted: what cannot be is a lost store. */

import type Database from 'better-sqlite3';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { Seen } from '../../log/format/messages.ts';
import {
  type IndexedPin,
  indexedPins,
  type KnownMark,
  knownMarks,
  type LearnedMarks,
} from '../../log/write/mark-index.ts';
import { isSamePlace, LostStore, type MarkStore } from '../../log/write/mark-store.ts';
import { blob, integer, natural, type RawRow } from '../connection/rows.ts';
import { Statements } from '../connection/statements.ts';

const FED = 'SELECT position, sequence, hash FROM fed';
const SESSIONS = 'SELECT sessions FROM fed';
const GO_TO = 'UPDATE fed SET position = ?, sequence = ?, hash = ?, sessions = sessions + ?';
const EMPTY = 'UPDATE fed SET position = NULL, sequence = NULL, hash = NULL, sessions = 0';
const ID = 'SELECT sequence, hash FROM ids WHERE id = ?';
const KEEP_ID = 'INSERT OR REPLACE INTO ids VALUES (?, ?, ?)';
const PIN = 'SELECT partition, epoch, last_seen FROM pins WHERE session = ?';
const MOVE_PIN = 'UPDATE pins SET partition = ?, epoch = ?, last_seen = ? WHERE session = ?';
const NEW_PIN = 'INSERT INTO pins VALUES (?, ?, ?, ?)';

export class SqliteMarkStore implements MarkStore {
  readonly #db: Database.Database;
  readonly #statements: Statements;

  readonly #onDamage: () => void;
  #isDamaged = false;

  /** `onDamage` is called once it is closed, if its content was found to be damaged. @throws where a table is missing */
  constructor(db: Database.Database, onDamage: () => void) {
    this.#db = db;
    this.#onDamage = onDamage;
    this.#statements = new Statements(db);
    for (const sql of [FED, SESSIONS, ID, PIN]) this.#statements.get(sql);
  }

  idOf(id: string): KnownMark | undefined {
    return this.#kept(() => {
      const row = this.#row(ID, keyOf(id));
      return row && { sequence: natural(row, 'sequence'), hash: blob(row, 'hash') };
    });
  }

  pinOf(session: string): IndexedPin | undefined {
    return this.#kept(() => {
      const row = this.#row(PIN, keyOf(session));
      if (row === undefined) return undefined;
      const { last_seen: lastSeen } = row;
      if (typeof lastSeen !== 'number') {
        this.#isDamaged = true;
        throw new LostStore('a pin has no time');
      }
      return { session, partition: natural(row, 'partition'), epoch: integer(row, 'epoch'), lastSeen };
    });
  }

  get sessions(): number {
    return this.#kept(() => natural(this.#row(SESSIONS) ?? {}, 'sessions'));
  }

  get hasPins(): boolean {
    return this.sessions > 0;
  }

  fed(): Seen | null {
    return this.#kept(() => {
      const row = this.#row(FED) ?? {};
      if (row['position'] === null) return null;
      return { position: natural(row, 'position'), sequence: natural(row, 'sequence'), hash: blob(row, 'hash') };
    });
  }

  feed(marks: readonly LearnedMarks[], from: Seen | null, to: Seen): boolean {
    return this.#write(() => {
      if (!isSamePlace(this.fed(), from)) return false;
      let more = 0;
      for (const each of marks) more += this.#learn(each);
      this.#run(GO_TO, to.position, to.sequence, to.hash, more);
      return true;
    });
  }

  clear(from: Seen): void {
    this.#write(() => {
      if (!isSamePlace(this.fed(), from)) return;
      this.#run('DELETE FROM ids');
      this.#run('DELETE FROM pins');
      this.#run(EMPTY);
    });
  }

  snapshot<Result>(work: () => Result): Result {
    this.#kept(() => this.#db.exec('BEGIN'));
    try {
      return work();
    } finally {
      // the error that ended the work may have ended the transaction, too
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    }
  }

  close(): void {
    this.#db.close();
    if (this.#isDamaged) this.#onDamage();
  }

  #kept<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof LostStore) throw cause;
      // the first is of a column that cannot be
      this.#isDamaged ||= cause instanceof LedgerError || isDamage(cause);
      throw new LostStore('the index cannot be used', { cause });
    }
  }

  /** Returns the number of new sessions. */
  #learn(marks: LearnedMarks): number {
    for (const [id, { sequence, hash }] of knownMarks(marks)) this.#run(KEEP_ID, keyOf(id), sequence, hash);
    let more = 0;
    for (const { session, partition, epoch, lastSeen } of indexedPins(marks)) {
      const key = keyOf(session);
      if (this.#run(MOVE_PIN, partition, epoch, lastSeen, key) > 0) continue;
      this.#run(NEW_PIN, key, partition, epoch, lastSeen);
      more++;
    }
    return more;
  }

  #write<Result>(work: () => Result): Result {
    return this.#kept(() => this.#db.transaction(work).immediate());
  }

  #row(sql: string, ...parameters: unknown[]): RawRow | undefined {
    return this.#statements.get<unknown[], RawRow>(sql).get(...parameters);
  }

  #run(sql: string, ...parameters: unknown[]): number {
    return this.#statements.get<unknown[], unknown>(sql).run(...parameters).changes;
  }
}

/** Whether SQLite says that the content is what is wrong, and neither the place nor the moment. */
export function isDamage(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^SQLITE_(CORRUPT|NOTADB|ERROR$|CONSTRAINT|MISMATCH|SCHEMA)/.test(code);
}

/** Half of a surrogate pair has no UTF-8, and two texts must not become one: no UTF-8 begins with this byte. */
const NOT_UTF8 = Buffer.of(0xff);

function keyOf(text: string): Buffer {
  return /\p{Surrogate}/u.test(text) ? Buffer.concat([NOT_UTF8, Buffer.from(text, 'utf16le')]) : Buffer.from(text);
}
