/** A driver in memory: it shows that a log and records are all that a storage needs. */

import type { LedgerDriver } from '../../../src/core/ledger/driver.ts';
import { type LogOpener, logDriver } from '../../../src/core/ledger/log/log-driver.ts';
import type { LogOptions } from '../../../src/core/ledger/log/log-ledger.ts';
import type { OpenedLog } from '../../../src/core/ledger/log/log-store.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { systemClock } from '../../../src/core/model/time/clock.ts';
import { MemoryLog, MemoryMessages } from './memory-log.ts';
import { MemoryRecords } from './memory-records.ts';

interface Location {
  readonly messages: MemoryMessages;
  readonly records: MemoryRecords;
}

/** How each opening gets its log. */
type MakeLog = (location: string, messages: MemoryMessages) => MemoryLog;

/** A driver with locations of its own, and the messages at each of them. */
export function newMemory(
  options?: LogOptions,
  makeLog: MakeLog = (location, messages) => new MemoryLog(location, messages),
): { readonly driver: LedgerDriver; messagesOf(location: string): MemoryMessages } {
  const locations = new Map<string, Location>();
  const opened = (location: string, { messages, records }: Location): OpenedLog => ({
    log: makeLog(location, messages),
    records,
    storage: {
      engine: 'memory',
      figures: async () => ({ settings: {}, bytes: messages.all.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0) }),
    },
  });
  const opener: LogOpener = {
    open: async (location) => {
      const found = locations.get(location);
      if (found !== undefined) return opened(location, found);
      throw new LedgerError('NO_LEDGER', { message: `there is no ledger at ${location}`, hint: 'create it' });
    },
    create: async (location) => {
      const made = locations.get(location) ?? { messages: new MemoryMessages(), records: newRecords() };
      locations.set(location, made);
      return opened(location, made);
    },
    exists: async (location) => locations.has(location),
  };
  return {
    driver: logDriver(opener, options),
    messagesOf: (location) => (locations.get(location) as Location).messages,
  };
}

const newRecords = () => new MemoryRecords({ now: () => time ?? systemClock.nowMicros() });

let time: number | null = null;

/** Stops the clock of the store of records at this time; null lets it go with the clock of the system again. */
export function setMemoryTime(micros: number | null): void {
  time = micros;
}

export const memoryDriver = newMemory().driver;
