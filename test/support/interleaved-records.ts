/**
 * One store of records that many machines call at once: each call takes effect, and is answered, at a random moment among the others. Answers get lost,
 * writes arrive late, readings are older than the last write, machines stand still or are gone. The same seed gives the same run.
 */

import type { RecordStore, StoredRecord } from '../../src/core/ledger/log/record-store.ts';
import { LedgerError } from '../../src/index.ts';
import { MemoryRecords } from './memory-driver/memory-records.ts';
import type { Seeded } from './seeded.ts';

export interface InterleavingOptions {
  readonly chance: Seeded;
  /** Of each write, that its answer is lost; it was made before, or is made later, or never. */
  readonly faults: number;
  /** Of each reading, that it is older than the last write. */
  readonly stale: number;
  /** Readings are at most this old; microseconds. */
  readonly oldestAnswer: number;
  /** After each write that was made. */
  onWrite(key: string, before: StoredRecord | null, after: StoredRecord | null): void;
  /** Whether writes of this key are made whatever the revision is: the store is broken then. */
  ignoresRevision?(key: string): boolean;
}

interface Waiting {
  readonly machine: string;
  readonly happen: () => void;
}

export class Interleaving {
  readonly #options: InterleavingOptions;
  readonly #records: MemoryRecords;
  readonly #older = new Map<string, { readonly record: StoredRecord | null; readonly until: number }>();
  readonly #paused = new Map<string, number>();
  #waiting: Waiting[] = [];
  /** Microseconds by the clock of the store. */
  now = 1_000_000;
  hasFaults = true;

  constructor(options: InterleavingOptions) {
    this.#options = options;
    this.#records = new MemoryRecords({ now: () => this.now });
  }

  /** The store as one machine sees it. */
  connect(machine: string): RecordStore {
    const write = <Answer>(key: string, work: () => Promise<Answer>) => this.#write(machine, key, work);
    return {
      get: (key) => this.#call(machine, async () => this.#seen(key, await this.#records.get(key))),
      list: (prefix) =>
        this.#call(machine, async () => {
          const records = new Map((await this.#records.list(prefix)).map((record) => [record.key, record]));
          const keys = new Set([...records.keys(), ...[...this.#older.keys()].filter((key) => key.startsWith(prefix))]);
          return [...keys].sort().flatMap((key) => this.#seen(key, records.get(key) ?? null) ?? []);
        }),
      put: (key, value, revision) =>
        write(key, async () => this.#records.put(key, value, revision === null ? null : await this.#at(key, revision))),
      delete: (key, revision) => write(key, async () => this.#records.delete(key, await this.#at(key, revision))),
    };
  }

  /** Resolves when it is this machine's turn again. */
  pass(machine: string): Promise<void> {
    return this.#call(machine, async () => undefined);
  }

  /** Nothing of the machine happens during this many steps. */
  pause(machine: string, steps: number): void {
    this.#paused.set(machine, steps);
  }

  /** Nothing of the machine happens any more. */
  end(machine: string): void {
    this.#paused.set(machine, Number.POSITIVE_INFINITY);
    this.#waiting = this.#waiting.filter((waiting) => waiting.machine !== machine);
  }

  /** Has one waiting call take effect, or one answer arrive. */
  async step(): Promise<void> {
    for (const [machine, steps] of this.#paused) {
      if (steps > 0) this.#paused.set(machine, steps - 1);
      else this.#paused.delete(machine);
    }
    const ready = this.#waiting.filter(({ machine }) => !this.#paused.has(machine));
    if (ready.length === 0) return;
    const next = this.#options.chance.pick(ready);
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    next.happen();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #turn(machine: string, happen: () => void): void {
    this.#waiting.push({ machine, happen });
  }

  /** Two turns: the effect, and the answer. */
  #call<Answer>(machine: string, work: () => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const answer = (give: () => void) => this.#turn(machine, give);
      this.#turn(machine, () => {
        work().then(
          (value) => answer(() => resolve(value)),
          (error) => answer(() => reject(error)),
        );
      });
    });
  }

  async #write<Answer>(machine: string, key: string, work: () => Promise<Answer>): Promise<Answer> {
    const observed = async () => {
      const before = await this.#records.get(key);
      const answer = await work();
      const after = await this.#records.get(key);
      if (after === before) return answer;
      this.#older.set(key, { record: before, until: this.now });
      this.#options.onWrite(key, before, after);
      return answer;
    };
    const { chance, faults } = this.#options;
    if (!this.hasFaults || chance.unit() >= faults) return this.#call(machine, observed);
    const kind = chance.pick(['before', 'after', 'late'] as const);
    const lost = new LedgerError('OUTCOME_UNKNOWN', {
      message: `no answer to the write of ${key}`,
      hint: 'read again',
    });
    return this.#call(machine, async () => {
      if (kind === 'after') await observed();
      // on its way by itself, whatever becomes of the machine
      if (kind === 'late') this.#turn(`${machine}, on its way`, () => void observed());
      throw lost;
    });
  }

  async #at(key: string, revision: number): Promise<number> {
    if (this.#options.ignoresRevision?.(key) !== true) return revision;
    return (await this.#records.get(key))?.revision ?? 0;
  }

  #seen(key: string, record: StoredRecord | null): StoredRecord | null {
    const older = this.#older.get(key);
    const { chance, stale, oldestAnswer } = this.#options;
    const isStale =
      this.hasFaults && older !== undefined && this.now - older.until < oldestAnswer && chance.unit() < stale;
    return isStale ? older.record : record;
  }
}
