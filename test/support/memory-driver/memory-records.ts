/** Small records in memory. */

import type { RecordStore, StoredRecord } from '../../../src/core/ledger/log/record-store.ts';

export class MemoryRecords implements RecordStore {
  readonly #records = new Map<string, StoredRecord>();
  #revision = 0;

  get: RecordStore['get'] = async (key) => this.#records.get(key) ?? null;

  put: RecordStore['put'] = async (key, value, revision) => {
    if ((this.#records.get(key)?.revision ?? 0) !== revision) return null;
    const record = { key, value, revision: ++this.#revision, writtenAt: Date.now() * 1000 };
    this.#records.set(key, record);
    return record;
  };

  delete: RecordStore['delete'] = async (key, revision) => {
    if (this.#records.get(key)?.revision !== revision) return false;
    return this.#records.delete(key);
  };

  list: RecordStore['list'] = async (prefix) =>
    [...this.#records.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((one, other) => (one.key < other.key ? -1 : 1));
}
