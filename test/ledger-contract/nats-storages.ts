/** Ledgers on real nats-servers, as storages that every law is run against. */

import { onTestFinished } from 'vitest';
import { logDriver } from '../../src/core/ledger/log/log-driver.ts';
import type { OpenedLog } from '../../src/core/ledger/log/log-store.ts';
import { createStore, openStore, storeExists } from '../../src/core/ledger/nats/store.ts';
import type { LogLayout } from '../../src/core/model/config.ts';
import { NatsStores } from '../nats/support/factories.ts';
import { currentServer, installedServer, type ServerProgram } from '../nats/support/server-program.ts';
import { isSoak } from '../support/test-size.ts';
import { StoppedRecords } from './stopped-records.ts';
import type { Storage } from './storage.ts';

const programs = [installedServer, currentServer].filter((program) => program !== null);

/** The records of groups need servers whose conditions are exclusive: those of clusters are so since 2.10. */
const hasGroupsIn = ({ version: [major, minor] }: ServerProgram, count: 1 | 3) =>
  count === 1 || major > 2 || minor >= 10;

/** The servers are started by the first location that is asked for; `stop` them after the tests of the file. */
function natsStorage(
  program: ServerProgram,
  count: 1 | 3,
  layout: LogLayout = 'packed',
): { readonly storage: Storage; stop(): Promise<void> } {
  const stores = new NatsStores(program, count, layout === 'framed');
  let time: number | null = null;
  const stoppedTimes = new Map<string, Map<number, number>>();
  const withStoppedClock = (location: string, opened: OpenedLog): OpenedLog => {
    const times = stoppedTimes.get(location) ?? new Map<number, number>();
    stoppedTimes.set(location, times);
    return { ...opened, records: new StoppedRecords(opened.records, times, () => time) };
  };
  const driver = logDriver({
    open: async (location, { busyLimit }) => withStoppedClock(location, await openStore(location, { busyLimit })),
    create: (location, config, busyLimit) => createStore(location, { busyLimit, isAtomic: config.layout === 'framed' }),
    exists: (location) => storeExists(location, { busyLimit: { limitMs: 30_000 } }),
  });
  const storage: Storage = {
    name: stores.name,
    driver,
    options: { layout },
    raisesLate: true,
    hasGroups: hasGroupsIn(program, count),
    location: () => stores.newLocation(),
    builtDriver: null,
    setTime: (micros) => {
      time = micros;
      onTestFinished(() => {
        time = null;
      });
    },
  };
  return { storage, stop: () => stores.stop() };
}

const framedOn = (program: ServerProgram) => (count: 1 | 3) => natsStorage(program, count, 'framed');

/** In every run one server; in a soak each server, alone and as a cluster of three, and framed ledgers on a current one. */
export const NATS_STORAGES = [
  ...(isSoak
    ? programs.flatMap((program) => [natsStorage(program, 1), natsStorage(program, 3)])
    : programs.slice(0, 1).map((program) => natsStorage(program, 1))),
  ...(isSoak && currentServer !== null ? ([1, 3] as const).map(framedOn(currentServer)) : []),
];
