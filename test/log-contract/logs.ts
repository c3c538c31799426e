/** The logs that every law of an ordered log is run against. */

import type { OrderedLog } from '../../src/core/ledger/log/ordered-log.ts';
import { NatsStores } from '../nats/support/factories.ts';
import { currentServer, installedServer, type ServerProgram } from '../nats/support/server-program.ts';
import { MemoryLog, MemoryMessages } from '../support/memory-driver/memory-log.ts';
import { isSoak } from '../support/test-size.ts';

export interface LogFactory {
  readonly name: string;
  /** Opens one new log this often. */
  open(connections: number): Promise<readonly OrderedLog[]>;
  /** Closes what is open. */
  stop(): Promise<void>;
}

const memory: LogFactory = {
  name: 'memory',
  open: async (connections) => {
    const messages = new MemoryMessages();
    return Array.from({ length: connections }, () => new MemoryLog('memory://log', messages));
  },
  stop: async () => {},
};

function nats(program: ServerProgram, count: 1 | 3, isAtomic = false): LogFactory {
  const stores = new NatsStores(program, count, isAtomic);
  return { name: stores.name, open: (connections) => stores.openLogs(connections), stop: () => stores.stop() };
}

const programs = [installedServer, currentServer].filter((program) => program !== null);

/** In every run memory and one server; in a soak each server, alone and as a cluster of three. Faults of clusters are in test/nats/. */
export const LOGS: readonly LogFactory[] = [
  memory,
  ...(isSoak
    ? programs.flatMap((program) => [nats(program, 1), nats(program, 3)])
    : programs.slice(0, 1).map((program) => nats(program, 1))),
];

/** Those that append several entries together. */
export const BATCH_LOGS: readonly LogFactory[] = [
  memory,
  ...(currentServer === null ? [] : [nats(currentServer, 1, true), ...(isSoak ? [nats(currentServer, 3, true)] : [])]),
];
