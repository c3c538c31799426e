/** A connection of one machine to a store of records, whose writes can be disturbed one by one. */

import type { RecordStore } from '../../src/core/ledger/log/record-store.ts';
import { LedgerError } from '../../src/index.ts';

/**
 * What happens at a write. `before`, `after`: its answer is lost, before or after it was made. `cutBefore`, `cutAfter`: the same, and the connection is gone
 * from then on, as if the process had ended. `interrupted`: something else happens first.
 */
export type Disturbance = 'before' | 'after' | 'cutBefore' | 'cutAfter' | 'interrupted';

export class FaultyRecords implements RecordStore {
  readonly #records: RecordStore;
  #at = Number.POSITIVE_INFINITY;
  #how: Disturbance = 'before';
  #meanwhile: () => Promise<unknown> = async () => undefined;
  #isCut = false;
  /** Calls so far. */
  readings = 0;
  lists = 0;
  writes = 0;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /** Disturbs one write: the next is 0. `meanwhile`: happens at that write, before it, or before its answer is lost. */
  disturb(write: number, how: Disturbance, meanwhile = this.#meanwhile): void {
    this.#at = this.writes + write;
    this.#how = how;
    this.#meanwhile = meanwhile;
  }

  get hasHappened(): boolean {
    return this.writes > this.#at;
  }

  get: RecordStore['get'] = (key) => this.#read(() => this.#records.get(key));
  list: RecordStore['list'] = (prefix) => {
    this.lists++;
    return this.#read(() => this.#records.list(prefix));
  };
  put: RecordStore['put'] = (...put) => this.#write(() => this.#records.put(...put));
  delete: RecordStore['delete'] = (...deletion) => this.#write(() => this.#records.delete(...deletion));

  async #read<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    this.readings++;
    if (this.#isCut) throw noAnswer();
    return work();
  }

  async #write<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const isDisturbed = this.writes++ === this.#at;
    if (this.#isCut) throw noAnswer();
    if (!isDisturbed) return work();
    if (this.#how === 'interrupted') {
      await this.#meanwhile();
      return work();
    }
    if (this.#how === 'after' || this.#how === 'cutAfter') await work();
    this.#isCut = this.#how.startsWith('cut');
    await this.#meanwhile();
    throw noAnswer();
  }
}

function noAnswer(): LedgerError {
  return new LedgerError('OUTCOME_UNKNOWN', { message: 'no answer', hint: 'read again' });
}
