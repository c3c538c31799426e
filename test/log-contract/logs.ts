/** The logs that every law of an ordered log is run against. */

import type { OrderedLog } from '../../src/core/ledger/log/ordered-log.ts';
import { createStore, openStore } from '../../src/core/ledger/nats/store.ts';
import { currentServer, installedServer, type ServerProgram } from '../nats/support/server-program.ts';
import { NatsServers } from '../nats/support/servers.ts';
import { isSoak } from '../support/test-size.ts';
import { MemoryMessages, MemoryOrderedLog } from './memory-log.ts';

export interface LogFactory {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** So many openings of one new log. They are closed with the factory. */
  open(connections: number): Promise<readonly OrderedLog[]>;
}

const BUSY_LIMIT = { limitMs: 30_000 };

function memoryFactory(): LogFactory {
  return {
    name: 'memory',
    start: async () => {},
    stop: async () => {},
    open: async (connections) => {
      const messages = new MemoryMessages();
      return Array.from({ length: connections }, () => new MemoryOrderedLog(messages));
    },
  };
}

function natsFactory(program: ServerProgram, count: 1 | 3): LogFactory {
  const opened: OrderedLog[] = [];
  let servers: NatsServers | null = null;
  let names = 0;
  return {
    name: `${count === 1 ? 'one nats-server' : 'three nats-servers'} ${program.name}`,
    start: async () => {
      servers = await NatsServers.start({ program, count });
    },
    stop: async () => {
      await Promise.all(opened.splice(0).map((log) => log.close()));
      await servers?.stop();
    },
    open: async (connections) => {
      const location = (servers as NatsServers).location(`log${++names}`);
      const { log } = await createStore(location, { busyLimit: BUSY_LIMIT });
      const logs = [log];
      while (logs.length < connections) logs.push((await openStore(location, { busyLimit: BUSY_LIMIT })).log);
      opened.push(...logs);
      return logs;
    },
  };
}

/** In every run memory and one server; in a soak each server alone and as a cluster of three. The faults of clusters are in test/nats/. */
export const LOGS: readonly LogFactory[] = [
  memoryFactory(),
  ...[installedServer, currentServer].flatMap((program) => {
    if (program === null) return [];
    if (isSoak) return [natsFactory(program, 1), natsFactory(program, 3)];
    return program === (installedServer ?? currentServer) ? [natsFactory(program, 1)] : [];
  }),
];
