/** Records of a real store whose clock can be stopped: the laws of leases say at what time each call is made. All but the times is the store's own. */

import type { RecordStore, StoredRecord } from '../../src/core/ledger/log/record-store.ts';

export class StoppedRecords implements RecordStore {
  readonly #records: RecordStore;
  readonly #times: Map<number, number>;
  readonly #now: () => number | null;

  /** `times`: by revision, shared by all openings of one store. `now`: null while the clock goes. */
  constructor(records: RecordStore, times: Map<number, number>, now: () => number | null) {
    this.#records = records;
    this.#times = times;
    this.#now = now;
  }

  async get(key: string): Promise<StoredRecord | null> {
    const record = await this.#records.get(key);
    return record && this.#timed(record);
  }

  async put(key: string, value: string, revision: number | null): Promise<StoredRecord | null> {
    const now = this.#now();
    const record = await this.#records.put(key, value, revision);
    if (record !== null && now !== null) this.#times.set(record.revision, now);
    return record && this.#timed(record);
  }

  delete(key: string, revision: number): Promise<boolean> {
    return this.#records.delete(key, revision);
  }

  async list(prefix: string): Promise<StoredRecord[]> {
    return (await this.#records.list(prefix)).map((record) => this.#timed(record));
  }

  #timed(record: StoredRecord): StoredRecord {
    return { ...record, writtenAt: this.#times.get(record.revision) ?? record.writtenAt };
  }
}
