/** The storages that every law is run against, and how to open each at a new location. */

import { onTestFinished } from 'vitest';
import { toBlueprint } from '../../src/core/engine/open.ts';
import type { LedgerDriver } from '../../src/core/ledger/driver.ts';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import { openMarkFile } from '../../src/core/ledger/sqlite/mark-index/open-mark-file.ts';
import { sqliteDriver } from '../../src/core/ledger/sqlite/sqlite-driver.ts';
import { type CreateOptions, systemClock } from '../../src/index.ts';
import { ledgerPath } from '../support/engines.ts';
import { memoryDriver, newMemory, setMemoryTime } from '../support/memory-driver/memory-driver.ts';
import { unsyncedTempDir } from '../support/temp-dir.ts';
import { isSoak } from '../support/test-size.ts';
import { NATS_STORAGES } from './nats-storages.ts';
import type { Storage } from './storage.ts';

const BUILT = new URL('../../dist/modules/core/ledger/sqlite/sqlite-driver.js', import.meta.url).href;

let number = 0;

/** Where the indexes of the running test are. */
let indexes = '';

const SQLITE = {
  driver: sqliteDriver,
  raisesLate: false,
  hasGroups: true,
  location: async () => ledgerPath(),
  builtDriver: async () => ((await import(BUILT)) as { sqliteDriver: LedgerDriver }).sqliteDriver,
  setTime: null,
};

const MEMORY = {
  raisesLate: true,
  options: {},
  hasGroups: true,
  location: async () => `memory://contract/${number++}`,
  builtDriver: null,
  setTime: (micros: number) => {
    setMemoryTime(micros);
    onTestFinished(() => setMemoryTime(null));
  },
};

const ZSTD_LOG: Storage = {
  name: 'a log in memory, compressed',
  driver: memoryDriver,
  ...MEMORY,
  options: { compression: 'zstd' },
};
const FRAMED_LOG: Storage = {
  name: 'a log in memory, framed',
  driver: memoryDriver,
  ...MEMORY,
  options: { layout: 'framed' },
};

export const STORAGES: readonly Storage[] = [
  {
    name: 'sqlite',
    ...SQLITE,
    options: {},
  },
  { name: 'sqlite, compressed', ...SQLITE, options: { compression: 'zstd' } },
  { name: 'a log in memory', driver: memoryDriver, ...MEMORY },
  {
    name: 'a log in memory, framed and compressed',
    driver: memoryDriver,
    ...MEMORY,
    options: { layout: 'framed', compression: 'zstd' },
  },
  // each by itself in the soak, both together in every run
  ...(isSoak ? [ZSTD_LOG, FRAMED_LOG] : []),
  {
    name: 'a log in memory, sealed often, its index in a file',
    driver: newMemory({
      sealEvery: { messages: 3, bytes: 4000 },
      sealPartBytes: 300,
      recent: 2,
      openIndex: async (uuid) => openMarkFile(indexes, uuid),
      indexDue: { messages: 2, marks: 2 },
    }).driver,
    ...MEMORY,
    location: () => {
      indexes = unsyncedTempDir();
      return MEMORY.location();
    },
  },
  ...NATS_STORAGES.map(({ storage }) => storage),
];

export const GROUP_STORAGES = STORAGES.filter(({ hasGroups }) => hasGroups);

/** Stops what the storages have started. Each file has it as `afterAll`: a worker runs many files with one copy of this module. */
export async function stopStorages(): Promise<void> {
  for (const { stop } of NATS_STORAGES) await stop();
}

/** Longer than any test holds a lock, however slow the machine is. */
const busyLimit = { limitMs: 100_000 };

/** A new ledger, opened twice: each opening is a writer of its own. Both are closed with the test. */
export async function openTwice(storage: Storage, options: CreateOptions = {}): Promise<[Ledger, Ledger]> {
  const location = await storage.location();
  await storage.driver.create(
    location,
    toBlueprint({ partitions: 2, ...storage.options, ...options }),
    systemClock,
    busyLimit,
  );
  return [await open(storage, location), await open(storage, location)];
}

export async function openNew(storage: Storage, options: CreateOptions = {}): Promise<Ledger> {
  const location = await storage.location();
  await storage.driver.create(
    location,
    toBlueprint({ partitions: 2, ...storage.options, ...options }),
    systemClock,
    busyLimit,
  );
  return open(storage, location);
}

async function open(storage: Storage, location: string): Promise<Ledger> {
  const ledger = await storage.driver.open(location, { access: 'write', busyLimit });
  onTestFinished(() => ledger.close());
  return ledger;
}
