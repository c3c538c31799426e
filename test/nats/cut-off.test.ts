/** Clients of a server that is cut off from the others go to another one, and lose nothing. */

import { describe, expect, it } from 'vitest';
import type { LogMessage } from '../../src/core/ledger/log/ordered-log.ts';
import { JetStreamApi } from '../../src/core/ledger/nats/api.ts';
import { NatsConnection } from '../../src/core/ledger/nats/connection.ts';
import { processEnvironment } from '../../src/core/ledger/nats/environment.ts';
import { JetStreamLog } from '../../src/core/ledger/nats/jetstream-log.ts';
import { parseNatsLocation } from '../../src/core/ledger/nats/location.ts';
import { LogStream } from '../../src/core/ledger/nats/log-stream.ts';
import { resolveSettings } from '../../src/core/ledger/nats/settings.ts';
import { createStore } from '../../src/core/ledger/nats/store.ts';
import { isSoak } from '../support/test-size.ts';
import { until } from '../support/until.ts';
import { currentServer, installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const LIMIT = { limitMs: 60_000 };
const entry = (header: string) => ({ topic: 'c.0', header, body: Buffer.from(header) });
const programs = [installedServer, currentServer].filter((program): program is ServerProgram => program !== null);

interface Client {
  readonly connection: NatsConnection;
  readonly log: JetStreamLog;
  /** Index of its server. */
  readonly at: number;
}

async function connect(servers: NatsServers, ledger: string): Promise<Client> {
  const parsed = parseNatsLocation(servers.location(ledger));
  const connection = await NatsConnection.open(
    parsed.display,
    await resolveSettings(parsed, processEnvironment),
    LIMIT,
  );
  const log = new JetStreamLog(await LogStream.open(new JetStreamApi(connection, null), ledger, LIMIT));
  return { connection, log, at: serverOf(connection) };
}

const serverOf = ({ server }: NatsConnection) => Number(server.server_name.slice(1));

/** Clients choose their first server at random, so they are made until one is where it is wanted. */
async function connectTo(servers: NatsServers, at: number, ledger: string): Promise<Client> {
  for (;;) {
    const client = await connect(servers, ledger);
    if (client.at === at) return client;
    await client.log.close();
  }
}

/** Makes ledgers until a server leads one for which this holds: servers choose the leader. Returns the name. */
async function ledgerLed(servers: NatsServers, prefix: string, isWanted: (leader: number) => boolean): Promise<string> {
  for (let nth = 0; ; nth++) {
    const name = `${prefix}${nth}`;
    const { log } = await createStore(servers.location(name), { busyLimit: LIMIT });
    await log.close();
    if (isWanted(await servers.leaderOf(`cdex_${name}`))) return name;
  }
}

/** Clients at the server that is to be cut off, with one message in their log. */
async function clientsOf(servers: NatsServers, cut: number, ledger: string) {
  const [writer, reader] = [await connectTo(servers, cut, ledger), await connectTo(servers, cut, ledger)];
  const followed: LogMessage[] = [];
  const errors: unknown[] = [];
  reader.log.follow(1, { onMessage: (message) => followed.push(message), onError: (error) => errors.push(error) });
  expect(await writer.log.append(entry('1'))).toBe(1);
  return { writer, reader, followed, errors };
}

async function expectLeft(cut: number, { writer, reader, followed, errors }: Awaited<ReturnType<typeof clientsOf>>) {
  const appended = ['2', '3'].map((header) => writer.log.append(entry(header)));
  expect((await Promise.all(appended)).sort()).toEqual([2, 3]);
  await until(() => followed.length === 3 || errors.length > 0);
  expect(errors).toEqual([]);
  expect(followed.map(({ header }) => header).sort()).toEqual(['1', '2', '3']);
  expect([writer, reader].map(({ connection }) => serverOf(connection))).not.toContain(cut);
  await Promise.all([writer, reader].map((client) => client.log.close()));
}

// one cut for both: clients take seconds to notice it
describe.each(isSoak ? programs : programs.slice(-1))('a server $name that is cut off', (program) => {
  it('is left by the clients of a ledger that it leads, and of one that it follows', { timeout: 120_000 }, async () => {
    const servers = await NatsServers.forTest({ program, count: 3, isRelayed: true });
    const led = await ledgerLed(servers, 'led', () => true);
    const cut = await servers.leaderOf(`cdex_${led}`);
    const followed = await ledgerLed(servers, 'followed', (leader) => leader !== cut);
    const clients = [await clientsOf(servers, cut, led), await clientsOf(servers, cut, followed)];
    servers.cutOff(cut, 'silent');
    await Promise.all(clients.map((each) => expectLeft(cut, each)));
  });
});
