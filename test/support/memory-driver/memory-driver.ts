/** A driver in memory: it shows that a log and records are all that a storage needs. */

import type { LedgerDriver } from '../../../src/core/ledger/driver.ts';
import { type LogOpener, logDriver } from '../../../src/core/ledger/log/log-driver.ts';
import type { MakeGroups, OpenedLog } from '../../../src/core/ledger/log/log-facts.ts';
import type { LogLimits } from '../../../src/core/ledger/log/log-ledger.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { type Group, MemoryGroups } from './memory-groups.ts';
import { MemoryLog, MemoryMessages } from './memory-log.ts';
import { MemoryRecords } from './memory-records.ts';

interface Location {
  readonly messages: MemoryMessages;
  readonly records: MemoryRecords;
}

/** A driver with locations of its own. `makeGroups`: by default one store for all openings of a location. */
export function newMemoryDriver(limits?: LogLimits, makeGroups: MakeGroups = sharedGroups()): LedgerDriver {
  const locations = new Map<string, Location>();
  const opened = (location: string, { messages, records }: Location): OpenedLog => ({
    log: new MemoryLog(location, messages),
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
      const made = locations.get(location) ?? { messages: new MemoryMessages(), records: new MemoryRecords() };
      locations.set(location, made);
      return opened(location, made);
    },
    exists: async (location) => locations.has(location),
  };
  return logDriver(opener, makeGroups, limits);
}

function sharedGroups(): MakeGroups {
  const all = new WeakMap<object, Map<string, Group>>();
  return (records, facts) => {
    const groups = all.get(records) ?? new Map<string, Group>();
    all.set(records, groups);
    return new MemoryGroups(facts, groups);
  };
}

export const memoryDriver = newMemoryDriver();
