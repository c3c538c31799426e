/**
 * The pins of the last commits, a row of `recent_sessions` for each of these commits. Sessions at random lie on all pages of the table `sessions`, so a commit
 * that stores thousands there rewrites all of it. Here it writes a few pages, and many commits go into the table at once. A pin here is newer than one there.
 */

import type { Database } from 'better-sqlite3';
import type { SessionNumber } from '../../../model/routing/session-pins.ts';
import { SessionTable } from '../../../model/routing/session-table.ts';
import { numberAt } from '../../../model/text/bytes.ts';
import { NO_TIME } from '../../../model/time/time.ts';
import { blob, integer, integerOrNull, positive, type RawRow } from '../connection/rows.ts';
import { createOnDemand, hasTable } from '../connection/schema.ts';
import { Statements } from '../connection/statements.ts';
import { newestPins } from './newest-pins.ts';
import { type PinRun, PinRunReader } from './pin-run.ts';

/** A pin as it is stored, whether it is still valid or not. */
export interface StoredPin {
  readonly partition: number;
  /** Null where pins have no end. */
  readonly lastSeen: number | null;
  readonly epoch: number;
}

/** Larger runs are compacted, or merged into `sessions`: a process that looks up one session searches all of them, at 2 GB/s. */
const BYTES_MAX = 8 * 1024 * 1024;
const RUNS_MAX = 128;
/** This number of sessions is searched in the bytes of the runs. For more, the runs are read and kept, which takes 60 ns for each pin in them. */
const SEARCHED_MAX = 32;

/** More than the bytes of a row. */
const RUN_PLACES = 2 ** 32;

const SIZE = 'SELECT count(*), total(length(pins)) FROM recent_sessions';
const FIRST = 'SELECT min(first_sequence) FROM recent_sessions';
const RUNS =
  'SELECT first_sequence, epoch, from_time, pins FROM recent_sessions WHERE first_sequence > ? ORDER BY first_sequence';
const NEWEST_FIRST = 'SELECT epoch, from_time, pins FROM recent_sessions ORDER BY first_sequence DESC';

export class RecentPins {
  readonly #db: Database;
  readonly #statements: Statements;
  /** The table is never dropped, but a rollback may undo its creation. */
  #hasTable = false;
  #searched = 0;
  /** The runs that were read, as one. */
  #read = new ReadRuns();

  constructor(db: Database, statements = new Statements(db)) {
    this.#db = db;
    this.#statements = statements;
  }

  /** To be called after a rollback. */
  forget(): void {
    this.#hasTable = false;
    this.#read = new ReadRuns();
  }

  get isEmpty(): boolean {
    return this.#first() === null;
  }

  /** The newest pin of each of these sessions that is here. */
  find(sessions: readonly string[]): ReadonlyMap<string, StoredPin> {
    const first = this.#first();
    if (first === null || sessions.length === 0) return new Map();
    if (!this.#read.beginsAt(first)) {
      this.#searched += sessions.length;
      if (this.#searched <= SEARCHED_MAX) return this.#search(sessions);
    }
    const read = this.all();
    const found = new Map<string, StoredPin>();
    for (const session of sessions) {
      const key = Buffer.from(session, 'utf8');
      const number = read.table.find(key, 0, key.length);
      if (number !== null) found.set(session, read.pinOf(number));
    }
    return found;
  }

  /** All of them, the newest of each session; valid until the next call. */
  all(): AllPins {
    const first = this.#first();
    if (first === null || !this.#read.beginsAt(first)) this.#read = new ReadRuns();
    if (first !== null) {
      for (const row of this.#statements.get<[number], RawRow>(RUNS).iterate(this.#read.last))
        this.#read.add(positive(row, 'first_sequence'), integer(row, 'epoch'), runOf(row));
    }
    return this.#read;
  }

  /** Stores the pins of a commit. */
  add(firstSequence: number, epoch: number, { fromTime, pins }: PinRun): void {
    createOnDemand(this.#db, 'recent_sessions');
    this.#statements
      .get<[number, number, number | null, Buffer], never>(
        'INSERT INTO recent_sessions (first_sequence, epoch, from_time, pins) VALUES (?, ?, ?, ?)',
      )
      .run(firstSequence, epoch, fromTime, pins);
  }

  /** Whether they should become fewer. */
  get isFull(): boolean {
    const [runs, bytes] = this.#statements.get<[], [number, number]>(SIZE).raw().get() as [number, number];
    return runs > RUNS_MAX || bytes > BYTES_MAX;
  }

  /** Puts the newest pin of each session in place of all, one run for each epoch. False, and nothing is done, where too few pins are older ones. */
  compact(): boolean {
    const rows = this.#statements.get<[number], RawRow>(RUNS).all(0);
    const newest = newestPins(
      rows.map((row) => ({ last: positive(row, 'first_sequence'), epoch: integer(row, 'epoch'), run: runOf(row) })),
    );
    if (newest === null) return false;
    this.clear();
    for (const { last, epoch, run } of newest) this.add(last, epoch, run);
    return true;
  }

  /** Deletes all, after they were merged. */
  clear(): void {
    this.#statements.get<[], never>('DELETE FROM recent_sessions').run();
    this.#read = new ReadRuns();
    this.#searched = 0;
  }

  #search(sessions: readonly string[]): ReadonlyMap<string, StoredPin> {
    const found = new Map<string, StoredPin>();
    const keys = new Map(sessions.map((session) => [session, Buffer.from(session, 'utf8')]));
    for (const row of this.#statements.get<[], RawRow>(NEWEST_FIRST).iterate()) {
      const run = runOf(row);
      for (const [session, key] of keys) {
        const pin = run.pins.includes(key) ? pinIn(run, key, integer(row, 'epoch')) : null;
        if (pin === null) continue;
        found.set(session, pin);
        keys.delete(session);
      }
      if (keys.size === 0) break;
    }
    return found;
  }

  #first(): number | null {
    this.#hasTable ||= hasTable(this.#db, 'recent_sessions');
    if (!this.#hasTable) return null;
    return this.#statements.get<[], number | null>(FIRST).pluck().get() ?? null;
  }
}

interface ReadRun {
  readonly reader: PinRunReader;
  readonly epoch: number;
}

/** A pin for each session of the table. */
export type AllPins = Pick<ReadRuns, 'table' | 'pinOf'>;

/** Runs in their order: a pin replaces that of an earlier one. */
class ReadRuns {
  readonly table = new SessionTable();
  readonly #readers: ReadRun[] = [];
  /** Where the pin of each session is: the number of its run and, in the lowest bits, where its key ends there. In one column, because each is another line of the cache. */
  #places = new Float64Array(1024);
  #first: number | null = null;
  last = 0;

  /** Whether these are the runs from this one on: all are deleted at once, so it is the first one that shows it. */
  beginsAt(first: number): boolean {
    return this.#first === first;
  }

  add(number: number, epoch: number, run: PinRun): void {
    this.#first ??= number;
    this.last = number;
    const reader = new PinRunReader(run);
    const keys = keysOf(run, reader);
    const sessions = new Int32Array(keys.ends.length);
    this.table.numbersOf(run.pins, keys.starts, keys.ends, sessions);
    this.#reserve(this.table.size);
    const first = this.#readers.push({ reader, epoch }) * RUN_PLACES;
    for (let at = 0; at < sessions.length; at++) this.#places[numberAt(sessions, at)] = first + numberAt(keys.ends, at);
  }

  readonly pinOf = (session: SessionNumber): StoredPin => {
    const place = numberAt(this.#places, session);
    const { reader, epoch } = this.#readers[Math.floor(place / RUN_PLACES) - 1] as ReadRun;
    reader.readAt(place % RUN_PLACES);
    return storedPin(reader, epoch);
  };

  #reserve(sessions: number): void {
    if (sessions <= this.#places.length) return;
    const places = new Float64Array(sessions * 2);
    places.set(this.#places);
    this.#places = places;
  }
}

/** So that all keys are looked up together. The nth is `run.pins[starts[n], ends[n])`. */
function keysOf(run: PinRun, reader: PinRunReader) {
  // a key's length and a partition
  const most = run.pins.length / 2;
  const starts = new Uint32Array(most);
  const ends = new Uint32Array(most);
  let count = 0;
  for (; reader.next(); count++) {
    starts[count] = reader.keyStart;
    ends[count] = reader.keyEnd;
  }
  return { starts: starts.subarray(0, count), ends: ends.subarray(0, count) };
}

function storedPin({ partition, lastSeen }: PinRunReader, epoch: number): StoredPin {
  return { partition, lastSeen: lastSeen === NO_TIME ? null : lastSeen, epoch };
}

function pinIn(run: PinRun, key: Buffer, epoch: number): StoredPin | null {
  const reader = new PinRunReader(run);
  while (reader.next())
    if (key.equals(run.pins.subarray(reader.keyStart, reader.keyEnd))) return storedPin(reader, epoch);
  return null;
}

function runOf(row: RawRow): PinRun {
  return { fromTime: integerOrNull(row, 'from_time'), pins: blob(row, 'pins') };
}
