/** One server, and what becomes of appends, reads and followers while it is gone, stands still, or loses a consumer. */

import { expect, it } from 'vitest';
import type { LogMessage } from '../../src/core/ledger/log/ordered-log.ts';
import { NatsConnection } from '../../src/core/ledger/nats/connection.ts';
import { processEnvironment } from '../../src/core/ledger/nats/environment.ts';
import { parseNatsLocation } from '../../src/core/ledger/nats/location.ts';
import { resolveSettings } from '../../src/core/ledger/nats/settings.ts';
import { createStore, openStore } from '../../src/core/ledger/nats/store.ts';
import { rejectionOf } from '../support/refusals.ts';
import { until } from '../support/until.ts';
import { RawClient } from './support/raw.ts';
import { installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const program = installedServer as ServerProgram;
const entry = (header: string) => ({ topic: 'c.0', header, body: Buffer.from(header) });

it.skipIf(installedServer === null)('a killed server: nothing is stored, and then all goes on', async () => {
  const servers = await NatsServers.forTest({ program, count: 1 });
  const patient = await createStore(servers.location('a'), { busyLimit: { limitMs: 60_000 } });
  const hasty = await openStore(servers.location('a'), { busyLimit: { limitMs: 400 } });
  const followed: LogMessage[] = [];
  const errors: unknown[] = [];
  patient.log.follow(1, { onMessage: (message) => followed.push(message), onError: (error) => errors.push(error) });
  const failed = new Promise<unknown>((onError) => hasty.log.follow(1, { onMessage: () => {}, onError }));
  expect(await patient.log.append(entry('1'))).toBe(1);
  expect(await hasty.log.append(entry('2'))).toBe(2);
  await servers.signal(0, 'SIGKILL');
  expect((await rejectionOf(hasty.log.last())).code).toBe('UNREACHABLE');
  // by now the connection is known to be lost, so nothing is sent
  expect((await rejectionOf(hasty.log.append(entry('never')))).code).toBe('UNREACHABLE');
  expect(await failed).toMatchObject({ code: 'UNREACHABLE' });
  const stop = new AbortController();
  const aborted = patient.log.append(entry('never'), { signal: stop.signal });
  const waiting = ['3', '4', '5'].map((header) => patient.log.append(entry(header)));
  const headersOf = async (topics?: readonly string[]) => {
    const headers: string[] = [];
    for await (const { header } of patient.log.read({ from: 1, through: 2, hasBodies: true, topics }))
      headers.push(header);
    return headers;
  };
  const reading = Promise.all([headersOf(), headersOf(['c.0', 'c.1'])]);
  stop.abort();
  expect((await rejectionOf(aborted)).code).toBe('ABORTED');
  servers.spawn(0);
  await servers.areHealthy();
  expect(await Promise.all(waiting)).toEqual([3, 4, 5]);
  expect(await reading).toEqual([
    ['1', '2'],
    ['1', '2'],
  ]);
  await until(() => followed.length === 5 || errors.length > 0);
  expect([followed.map(({ header }) => header), errors]).toEqual([['1', '2', '3', '4', '5'], []]);
  await Promise.all([patient.log.close(), hasty.log.close()]);
});

it.skipIf(installedServer === null)(
  'what a server can do is known while it is gone, and until it is back',
  async () => {
    const servers = await NatsServers.forTest({ program, count: 1 });
    const parsed = parseNatsLocation(servers.location('a'));
    const settings = await resolveSettings(parsed, processEnvironment);
    const connection = await NatsConnection.open(parsed.display, settings, { limitMs: 60_000 });
    const { server } = connection;
    await servers.signal(0, 'SIGKILL');
    await until(() => !connection.isConnected);
    // it forgets the server when it dials again, and these are refused by then
    const hasty = { limitMs: 400 };
    for (let nth = 0; nth < 2; nth++)
      expect((await rejectionOf(openStore(servers.location('a'), { busyLimit: hasty }))).code).toBe('UNREACHABLE');
    expect([connection.server, connection.isAtLeast(2, 9)]).toEqual([server, true]);
    servers.spawn(0);
    await until(() => connection.isConnected);
    expect(connection.server.server_id).not.toBe(server.server_id);
    await connection.close();
  },
);

it.skipIf(installedServer === null)(
  'a server that stands still: the outcome is unknown, and then the message is there',
  async () => {
    const servers = await NatsServers.forTest({ program, count: 1 });
    const { log } = await createStore(servers.location('a'), { busyLimit: { limitMs: 1000 } });
    const other = await openStore(servers.location('a'), { busyLimit: { limitMs: 60_000 } });
    expect(await log.append(entry('1'))).toBe(1);
    await servers.signal(0, 'SIGSTOP');
    const patient = other.log.append(entry('2'), { after: 1 });
    const { code, message } = await rejectionOf(log.append(entry('3')));
    expect([code, message]).toEqual(['OUTCOME_UNKNOWN', expect.stringContaining('may be stored or not')]);
    const stop = new AbortController();
    const aborted = other.log.append(entry('4'), { signal: stop.signal });
    stop.abort();
    expect((await rejectionOf(aborted)).code).toBe('OUTCOME_UNKNOWN');
    const closed = log.append(entry('5'));
    await log.close();
    expect((await rejectionOf(closed)).code).toBe('OUTCOME_UNKNOWN');
    await servers.signal(0, 'SIGCONT');
    expect([2, null]).toContain(await patient);
    expect(await other.log.last()).toBeGreaterThanOrEqual(2);
    await other.log.close();
  },
);

it.skipIf(installedServer === null)(
  'a consumer that is taken away is replaced, and nothing is missing or twice',
  async () => {
    const servers = await NatsServers.forTest({ program, count: 1 });
    const raw = await RawClient.connect(servers);
    const { log } = await createStore(servers.location('a'), { busyLimit: { limitMs: 60_000 } });
    const followed: number[] = [];
    const errors: unknown[] = [];
    log.follow(1, { onMessage: ({ position }) => followed.push(position), onError: (error) => errors.push(error) });
    const consumers = async () => (await raw.api<{ consumers: string[] }>('CONSUMER.NAMES.cdex_a')).consumers ?? [];
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, at) => log.append(entry(String(at)))));
      await until(() => followed.length === (round + 1) * 20 || errors.length > 0);
      const [name] = await consumers();
      expect(await raw.api(`CONSUMER.DELETE.cdex_a.${name}`)).toMatchObject({ success: true });
    }
    await log.append(entry('last'));
    await until(() => followed.length === 61 || errors.length > 0);
    expect([followed, errors]).toEqual([Array.from({ length: 61 }, (_, at) => at + 1), []]);
    await log.close();
  },
);
