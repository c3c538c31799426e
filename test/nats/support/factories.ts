/** Logs and records over nats-servers that are started with the first use, for laws that every store keeps. */

import type { OrderedLog } from '../../../src/core/ledger/log/ordered-log.ts';
import type { RecordStore } from '../../../src/core/ledger/log/record-store.ts';
import { createStore, type NatsStore, openStore } from '../../../src/core/ledger/nats/store.ts';
import type { ServerProgram } from './server-program.ts';
import { NatsServers } from './servers.ts';

const BUSY_LIMIT = { limitMs: 30_000 };

/** Each new store has a name of its own. Stop it when the tests of the file are over. */
export class NatsStores {
  readonly name: string;
  readonly #program: ServerProgram;
  readonly #count: 1 | 3;
  readonly #isAtomic: boolean;
  readonly #opened: NatsStore[] = [];
  #servers: Promise<NatsServers> | null = null;
  #names = 0;

  /** `isAtomic`: several messages can be appended together, which needs a current server. */
  constructor(program: ServerProgram, count: 1 | 3, isAtomic = false) {
    const servers = `${count === 1 ? 'one nats-server' : 'three nats-servers'} ${program.name}`;
    this.name = isAtomic ? `${servers}, framed` : servers;
    this.#isAtomic = isAtomic;
    this.#program = program;
    this.#count = count;
  }

  servers(): Promise<NatsServers> {
    this.#servers ??= NatsServers.start({ program: this.#program, count: this.#count });
    return this.#servers;
  }

  async newLocation(): Promise<string> {
    return (await this.servers()).location(`store${++this.#names}`);
  }

  /** Opens one new store this often. */
  async open(connections: number): Promise<readonly NatsStore[]> {
    const location = await this.newLocation();
    const options = { busyLimit: BUSY_LIMIT };
    const stores = [await createStore(location, { ...options, isAtomic: this.#isAtomic })];
    while (stores.length < connections) stores.push(await openStore(location, options));
    this.#opened.push(...stores);
    return stores;
  }

  async openLogs(connections: number): Promise<readonly OrderedLog[]> {
    return (await this.open(connections)).map(({ log }) => log);
  }

  async openRecords(connections: number): Promise<readonly RecordStore[]> {
    return (await this.open(connections)).map(({ records }) => records);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map(({ log }) => log.close()));
    const servers = this.#servers;
    // the next file of this worker starts others
    this.#servers = null;
    await (await servers)?.stop();
  }
}
