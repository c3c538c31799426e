/**
 * Changes records of a store that others change as well: reads, has the change decided, writes it under the revision that was read, and repeats this where
 * somebody else was first. Every write has an id of its own in its value, so that a write whose answer was lost is recognized by reading again.
 */

import { randomBytes } from 'node:crypto';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { RecordStore, StoredRecord } from '../record-store.ts';
import { formatValue, parseValue, type RecordCodec } from './record-values.ts';

/** Writes of one change that may lose against others. */
const TRIES_MAX = 30;
/** Writes of one change that may end without an answer: the store itself has waited for each as long as it does. */
const UNANSWERED_MAX = 3;
const PAUSE_MS_MAX = 100;
const UNANSWERED: ReadonlySet<string> = new Set(['UNREACHABLE', 'OUTCOME_UNKNOWN']);

/** A record as it was read or written. */
export interface Versioned<Value> {
  readonly key: string;
  readonly value: Value;
  readonly revision: number;
  readonly writtenAt: Micros;
  /** Id of the write. */
  readonly by: string;
}

/** `write`: what the record is to hold; null deletes it, undefined leaves it as it is. */
export interface RecordChange<Value, Result> {
  readonly write?: Value | null | undefined;
  readonly result: Result;
}

/** The record after a change, null if there is none. */
export interface Changed<Value, Result> {
  readonly record: Versioned<Value> | null;
  readonly result: Result;
}

export interface Pauses {
  sleep(ms: number): Promise<void>;
  /** Random number in [0, 1). */
  chance(): number;
}

export class RecordEditor {
  readonly #store: RecordStore;
  readonly #pauses: Pauses;
  readonly #id = randomBytes(9).toString('base64url');
  #ids = 0;

  constructor(store: RecordStore, pauses: Pauses) {
    this.#store = store;
    this.#pauses = pauses;
  }

  /** An id that no other editor gives, on whichever machine. */
  nextId(): string {
    return `${this.#id}.${++this.#ids}`;
  }

  /** @throws LedgerError DAMAGED_LEDGER, and as the store does */
  async get<Value>(codec: RecordCodec<Value>, key: string): Promise<Versioned<Value> | null> {
    const record = await this.#store.get(key);
    return record && versioned(codec, record);
  }

  /** All records whose key begins with the prefix, by key. @throws as {@link get} */
  async list<Value>(codec: RecordCodec<Value>, prefix: string): Promise<Versioned<Value>[]> {
    return (await this.#store.list(prefix)).map((record) => versioned(codec, record));
  }

  /**
   * Changes one record. `known`: how it was last seen, null if there was none: it is not read first then; undefined: it is. `decide` may be asked again,
   * with what the record holds by then. @throws LedgerError BUSY where others were first too often, OUTCOME_UNKNOWN (possibly written), and as {@link get}
   */
  async change<Value extends object, Result>(
    codec: RecordCodec<Value>,
    key: string,
    known: Versioned<Value> | null | undefined,
    decide: (
      value: Value | null,
      found: Versioned<Value> | null,
    ) => RecordChange<Value, Result> | Promise<RecordChange<Value, Result>>,
  ): Promise<Changed<Value, Result>> {
    const tried = new Map<string, Result>();
    let found = known === undefined ? await this.get(codec, key) : known;
    let failure: unknown;
    let unanswered = 0;
    let hasDeleted = false;
    for (let attempt = 1; ; attempt++) {
      const seen = found;
      const { write, result } = await orFailure(failure, async () => decide(seen?.value ?? null, seen));
      if (write === undefined || (write === null && found === null)) return { record: found, result };
      let isAnswered = true;
      try {
        const by = this.nextId();
        tried.set(by, result);
        const written = await this.#write(codec, key, write, found, by);
        if (written !== undefined) return { record: written, result };
      } catch (error) {
        if (!isUnanswered(error) || ++unanswered > UNANSWERED_MAX) throw error;
        failure = error;
        isAnswered = false;
        hasDeleted ||= write === null;
      }
      if (attempt === TRIES_MAX) throw failure ?? busy(key, attempt);
      await this.#pause(attempt);
      // The same once more, under the same revision: an answer to that is certain, while a reading may be older than the record that is known.
      if (!isAnswered) continue;
      found = await orFailure(failure, () => this.get(codec, key));
      // Only the newest write can be recognized. Where another has followed, the change is decided again on top of both.
      if (found !== null && tried.has(found.by)) return { record: found, result: tried.get(found.by) as Result };
      if (found === null && hasDeleted) return { record: null, result };
    }
  }

  /** Writes one record whatever it holds. @throws LedgerError OUTCOME_UNKNOWN (possibly written), and as {@link get} */
  async overwrite<Value extends object>(
    codec: RecordCodec<Value>,
    key: string,
    value: Value,
  ): Promise<Versioned<Value>> {
    for (let unanswered = 1; ; unanswered++) {
      try {
        const record = await this.#store.put(key, formatValue(value, this.nextId()), null);
        return versioned(codec, record as StoredRecord);
      } catch (error) {
        if (!isUnanswered(error) || unanswered > UNANSWERED_MAX) throw error;
      }
      await this.#pause(unanswered);
    }
  }

  /** Longer after each attempt, and by chance: who was refused together does not come together again. */
  #pause(attempt: number): Promise<void> {
    return this.#pauses.sleep(this.#pauses.chance() * Math.min(2 ** attempt, PAUSE_MS_MAX));
  }

  /** The record as written, null if deleted; undefined where another was first. */
  async #write<Value extends object>(
    codec: RecordCodec<Value>,
    key: string,
    write: Value | null,
    found: Versioned<Value> | null,
    by: string,
  ): Promise<Versioned<Value> | null | undefined> {
    const revision = found?.revision ?? 0;
    if (write === null) return (await this.#store.delete(key, revision)) ? null : undefined;
    const record = await this.#store.put(key, formatValue(write, by), revision);
    return record === null ? undefined : versioned(codec, record);
  }
}

/** What fails after a write without an answer leaves that write open: its failure is the one to report. */
async function orFailure<Result>(failure: unknown, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw failure !== undefined && isUnanswered(error) ? failure : error;
  }
}

function versioned<Value>(
  codec: RecordCodec<Value>,
  { key, value, revision, writtenAt }: StoredRecord,
): Versioned<Value> {
  return { key, revision, writtenAt, ...parseValue(codec, key, value) };
}

/** Whether a write may have been made, or may be tried again: its answer did not come. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof LedgerError && UNANSWERED.has(error.code);
}

function busy(key: string, attempts: number): LedgerError {
  return new LedgerError('BUSY', {
    message: `others have changed the record ${key} of a consumer group meanwhile, ${attempts} times in a row`,
    hint: 'try again',
    details: { key, attempts },
  });
}
