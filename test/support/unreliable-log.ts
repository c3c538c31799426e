/**
 * A log in memory behind a bad network: appends overtake one another, are made twice or later, answers get lost, others append copies of old messages and
 * rubbish. The same seed makes the same choices.
 */

import type { AppendOptions, LogEntry } from '../../src/core/ledger/log/ordered-log.ts';
import { LedgerError } from '../../src/index.ts';
import { MemoryLog, type MemoryMessages } from './memory-driver/memory-log.ts';
import type { Seeded } from './seeded.ts';

/** What happened so far. */
export interface Troubles {
  readonly counts: Map<string, number>;
  /** Appends that come after their callers have gone on. */
  readonly late: Promise<unknown>[];
}

export const noTroubles = (): Troubles => ({ counts: new Map(), late: [] });

export class UnreliableLog extends MemoryLog {
  readonly #chance: Seeded;
  readonly #messages: MemoryMessages;
  readonly #troubles: Troubles;

  constructor(location: string, messages: MemoryMessages, chance: Seeded, troubles: Troubles) {
    super(location, messages);
    this.#messages = messages;
    this.#chance = chance;
    this.#troubles = troubles;
  }

  override append(entry: LogEntry, options?: AppendOptions): Promise<number | null> {
    return this.appendBatch([entry], options);
  }

  override async appendBatch(entries: readonly LogEntry[], options?: AppendOptions): Promise<number | null> {
    const isBeginning = this.#messages.all.length === 0;
    if (isBeginning) return super.appendBatch(entries, options);
    const entry = entries.at(-1) as LogEntry;
    if (this.#happens(0.2, 'overtaken')) await this.#wait();
    if (this.#happens(0.1, 'stray')) await this.#put(this.#chance.pick(this.#messages.all));
    if (this.#happens(0.1, 'rubbish')) await this.#put(rubbish(entry, this.#chance));
    if (this.#happens(0.02, 'full')) throw new LedgerError('DISK_FULL', { message: 'the log is full' });
    if (this.#happens(0.03, 'not appended')) {
      if (this.#happens(0.5, 'appended later')) this.#later(entries, options);
      throw unknown();
    }
    const position = await super.appendBatch(entries, options);
    if (position !== null && this.#happens(0.1, 'appended twice')) this.#later(entries, options);
    if (this.#happens(0.04, 'answer lost')) throw unknown();
    if (position !== null && options?.after !== undefined && this.#happens(0.1, 'refused after it was appended'))
      return null;
    return position;
  }

  #happens(rate: number, what: string): boolean {
    if (this.#chance.unit() >= rate) return false;
    const { counts } = this.#troubles;
    counts.set(what, (counts.get(what) ?? 0) + 1);
    return true;
  }

  #put(entry: LogEntry): Promise<number | null> {
    return super.appendBatch([entry]);
  }

  #later(entries: readonly LogEntry[], options: AppendOptions | undefined): void {
    const copies = entries.map((entry) => ({ ...entry, body: Buffer.from(entry.body) }));
    this.#troubles.late.push(this.#wait().then(() => super.appendBatch(copies, options).catch(() => {})));
  }

  async #wait(): Promise<void> {
    for (let turns = this.#chance.between(1, 6); turns > 0; turns--)
      await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What somebody else may have put into the log: no message, or nearly one. */
export function rubbish(entry: LogEntry, chance: Seeded): LogEntry {
  const { topic, header, body } = entry;
  const at = chance.between(0, Math.max(0, header.length - 1));
  const foreign = header.replace(/"ledger":"[^"]*"/, '"ledger":"00000000-0000-4000-8000-000000000000"');
  return chance.pick([
    { topic: 'c.m', header: '', body: Buffer.from('hello') },
    { topic: 'c.0', header: '{"v":1,"__proto__":{"v":1}}', body: Buffer.alloc(0) },
    { topic: 'seal', header: '[]', body: Buffer.alloc(3) },
    { topic: 'init', header: '{"v":1}', body: Buffer.from('{}') },
    { topic: 'epoch', header: '{"v":1}', body: Buffer.from('null') },
    { topic: 'epoch', header, body },
    { topic: 'x', header, body },
    { topic, header: header.slice(0, at), body },
    { topic, header: foreign, body },
    { topic, header, body: body.subarray(0, -1) },
    { topic: 'c.999', header, body },
    { topic: 'f.0', header, body },
    { topic: 'f.70000', header: '', body },
    { topic: 'l', header, body },
  ]);
}

function unknown(): LedgerError {
  return new LedgerError('OUTCOME_UNKNOWN', { message: 'no answer of the log' });
}
