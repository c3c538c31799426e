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

async function connect(servers: NatsServers): Promise<Client> {
  const parsed = parseNatsLocation(servers.location('a'));
  const connection = await NatsConnection.open(
    parsed.display,
    await resolveSettings(parsed, processEnvironment),
    LIMIT,
  );
  const log = new JetStreamLog(await LogStream.open(new JetStreamApi(connection, null), 'a', LIMIT));
  return { connection, log, at: serverOf(connection) };
}

const serverOf = ({ server }: NatsConnection) => Number(server.server_name.slice(1));

/** Clients choose their first server at random, so they are made until one is where it is wanted. */
async function connectTo(servers: NatsServers, at: number): Promise<Client> {
  for (;;) {
    const client = await connect(servers);
    if (client.at === at) return client;
    await client.log.close();
  }
}

describe.each(isSoak ? programs : programs.slice(-1))('a server $name that is cut off', (program) => {
  it.each(['leads', 'follows'] as const)('and %s is left by its clients', { timeout: 120_000 }, async (role) => {
    const servers = await NatsServers.forTest({ program, count: 3, isRelayed: true });
    const { log } = await createStore(servers.location('a'), { busyLimit: LIMIT });
    await log.close();
    const leader = await servers.leaderOf('cdex_a');
    const cut = role === 'leads' ? leader : (leader + 1) % 3;
    const writer = await connectTo(servers, cut);
    const reader = await connectTo(servers, cut);
    const followed: LogMessage[] = [];
    const errors: unknown[] = [];
    reader.log.follow(1, { onMessage: (message) => followed.push(message), onError: (error) => errors.push(error) });
    expect(await writer.log.append(entry('1'))).toBe(1);
    servers.cutOff(cut, 'silent');
    const appended = ['2', '3'].map((header) => writer.log.append(entry(header)));
    expect((await Promise.all(appended)).sort()).toEqual([2, 3]);
    await until(() => followed.length === 3 || errors.length > 0);
    expect(errors).toEqual([]);
    expect(followed.map(({ header }) => header).sort()).toEqual(['1', '2', '3']);
    expect([writer, reader].map(({ connection }) => serverOf(connection))).not.toContain(cut);
    await Promise.all([writer, reader].map((client) => client.log.close()));
  });
});
