/** Records in memory behind the port, shared by all that are given the same one. Nothing survives the process. */

import type { RecordStore, StoredRecord } from '../../../src/core/ledger/log/record-store.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';

/** Where the answer to a write is lost: before it was made, or after. */
export type Fault = 'before' | 'after';

export interface MemoryRecordsOptions {
  /** Microseconds by the clock of the store. */
  readonly now: () => number;
  /** Asked at each write, with the number of writes before it. */
  readonly faultOf?: (write: number) => Fault | null;
}

export class MemoryRecords implements RecordStore {
  readonly #records = new Map<string, StoredRecord>();
  readonly #now: () => number;
  readonly #faultOf: (write: number) => Fault | null;
  #revision = 0;
  /** Number of puts and deletes so far, those included that failed. */
  writes = 0;

  constructor({ now, faultOf = () => null }: MemoryRecordsOptions) {
    this.#now = now;
    this.#faultOf = faultOf;
  }

  get: RecordStore['get'] = async (key) => this.#records.get(key) ?? null;

  put: RecordStore['put'] = async (key, value, revision) =>
    this.#write(key, () => {
      if (revision !== null && !this.#isAt(key, revision)) return null;
      const record = { key, value, revision: ++this.#revision, writtenAt: this.#now() };
      this.#records.set(key, record);
      return record;
    });

  delete: RecordStore['delete'] = async (key, revision) =>
    this.#write(key, () => this.#isAt(key, revision) && this.#records.delete(key));

  list: RecordStore['list'] = async (prefix) =>
    [...this.#records.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((one, other) => (one.key < other.key ? -1 : 1));

  #isAt(key: string, revision: number): boolean {
    return (this.#records.get(key)?.revision ?? 0) === revision;
  }

  #write<Answer>(key: string, work: () => Answer): Answer {
    const fault = this.#faultOf(this.writes++);
    if (fault === null) return work();
    if (fault === 'after') work();
    throw new LedgerError('OUTCOME_UNKNOWN', { message: `no answer to the write of ${key}`, hint: 'read it again' });
  }
}
