/** Making and opening the stream of a ledger, and what is refused: other streams, other servers, wrong credentials. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { NatsEnvironment } from '../../src/core/ledger/nats/settings-layer.ts';
import { createStore, openStore, storeExists } from '../../src/core/ledger/nats/store.ts';
import { rejectionOf } from '../support/refusals.ts';
import { RawClient } from './support/raw.ts';
import { currentServer, installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const OPTIONS = { busyLimit: { limitMs: 30_000 } };
const ENTRY = { topic: 'init', header: '{}', body: Buffer.from('{}') };
const program = installedServer as ServerProgram;

const environmentOf = (variables: Record<string, string>): NatsEnvironment => ({
  variables,
  readText: async () => null,
});

describe.skipIf(installedServer === null)('the stream of a ledger', () => {
  let starting: Promise<NatsServers> | null = null;
  const oneServer = () => {
    starting ??= NatsServers.start({ program, count: 1 });
    return starting;
  };
  afterAll(async () => (await starting)?.stop());

  it('is made with the settings that a ledger needs, and taken as it is by the next', async () => {
    const servers = await oneServer();
    const raw = await RawClient.connect(servers);
    expect(await storeExists(servers.location('made'), OPTIONS)).toBe(false);
    expect((await rejectionOf(openStore(servers.location('made'), OPTIONS))).code).toBe('NO_LEDGER');
    const { log, storage } = await createStore(servers.location('made'), { ...OPTIONS, bytesMax: 1_000_000 });
    expect(log.location).toBe(servers.location('made'));
    expect(await storeExists(servers.location('made'), OPTIONS)).toBe(true);
    const { config } = await raw.api<{ config: object }>('STREAM.INFO.cdex_made');
    expect(config).toMatchObject({
      subjects: ['cdex.made.>'],
      storage: 'file',
      retention: 'limits',
      discard: 'new',
      max_bytes: 1_000_000,
      num_replicas: 1,
      duplicate_window: 100_000_000,
      deny_delete: true,
      deny_purge: true,
      allow_direct: true,
    });
    expect(await rejectionOf(createStore(servers.location('three', '?replicas=3'), OPTIONS))).toMatchObject({
      code: 'CANNOT_CREATE',
      message: expect.stringContaining('cannot keep this number of copies'),
    });
    // an interrupted init is continued
    const again = await createStore(servers.location('made'), OPTIONS);
    expect(await again.log.append(ENTRY, { after: 0 })).toBe(1);
    const opened = await openStore(servers.location('made'), OPTIONS);
    expect(await opened.log.last()).toBe(1);
    const { bytes, settings } = await storage.figures();
    expect(bytes).toBeGreaterThan(0);
    expect(settings).toMatchObject({ stream: 'cdex_made', num_replicas: 1, max_bytes: 1_000_000, sync: 'unknown' });
    await Promise.all([log, again.log, opened.log].map((each) => each.close()));
  });

  it.each([
    ['max_age', { max_age: 1_000_000_000_000 }, '1000000000000'],
    ['discard', { discard: 'old' }, '"old"'],
    ['storage', { storage: 'memory' }, '"memory"'],
    ['retention', { retention: 'interest' }, '"interest"'],
    ['deny_delete', { deny_delete: false }, 'not set'],
    ['deny_purge', { deny_purge: false }, 'not set'],
    ['allow_rollup_hdrs', { allow_rollup_hdrs: true, deny_purge: false }, 'true'],
    ['subjects', { subjects: ['cdex.other.>', 'more'] }, '["cdex.other.>","more"]'],
    ['max_msgs', { max_msgs: 10 }, '10'],
    ['duplicate_window', { duplicate_window: 120_000_000_000 }, '120000000000'],
    ['republish', { republish: { src: '>', dest: 'copy.>' } }, 'copy'],
  ])('is refused where %s differs', async (field, change, found) => {
    const servers = await oneServer();
    const raw = await RawClient.connect(servers);
    const config = {
      name: 'cdex_other',
      subjects: ['cdex.other.>'],
      storage: 'file',
      retention: 'limits',
      discard: 'new',
      duplicate_window: 100_000_000,
      deny_delete: true,
      deny_purge: true,
      allow_direct: true,
      num_replicas: 1,
      ...change,
    };
    expect(await raw.api('STREAM.CREATE.cdex_other', config)).not.toHaveProperty('error');
    for (const refused of [openStore, createStore]) {
      const { code, message, details } = await rejectionOf(refused(servers.location('other'), OPTIONS));
      expect(code).toBe('NOT_A_LEDGER');
      expect(details['field']).toBe(field);
      expect(message).toContain(`${field} of the stream cdex_other is`);
      expect(message).toContain(found);
    }
    await raw.api('STREAM.DELETE.cdex_other');
  });

  it('is refused where messages are gone', async () => {
    const servers = await oneServer();
    const raw = await RawClient.connect(servers);
    const { log } = await createStore(servers.location('holes'), OPTIONS);
    const { config } = await raw.api<{ config: object }>('STREAM.INFO.cdex_holes');
    await log.close();
    await raw.api('STREAM.DELETE.cdex_holes');
    await raw.api('STREAM.CREATE.cdex_holes', { ...config, deny_delete: false, first_seq: 1 });
    for (const body of ['1', '2', '3']) await raw.publish('cdex.holes.c.0', body);
    expect(await raw.api('STREAM.MSG.DELETE.cdex_holes', { seq: 2 })).toMatchObject({ success: true });
    expect(await raw.api('STREAM.UPDATE.cdex_holes', config)).not.toHaveProperty('error');
    const { code, message } = await rejectionOf(openStore(servers.location('holes'), OPTIONS));
    expect([code, message]).toEqual(['DAMAGED_LEDGER', expect.stringContaining('1 of its 3 messages are gone')]);
  });

  it('is missed where it was deleted, or made again, while it is open', async () => {
    const servers = await oneServer();
    const raw = await RawClient.connect(servers);
    const { log } = await createStore(servers.location('replaced'), OPTIONS);
    await log.append(ENTRY);
    const { config } = await raw.api<{ config: object }>('STREAM.INFO.cdex_replaced');
    const failed = new Promise<unknown>((onError) => log.follow(1, { onMessage: () => {}, onError }));
    await raw.api('STREAM.DELETE.cdex_replaced');
    expect((await rejectionOf(log.last())).code).toBe('LEDGER_REPLACED');
    await raw.api('STREAM.CREATE.cdex_replaced', config);
    expect((await rejectionOf(log.last())).message).toContain('deleted and made again');
    expect(await failed).toMatchObject({ code: 'LEDGER_REPLACED' });
    await log.close();
  });

  it('leaves no timer behind when it is closed, which would keep its process alive', async () => {
    const servers = await oneServer();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.restoreAllMocks();
      vi.useRealTimers();
    });
    const [made, ended] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')];
    const { log } = await createStore(servers.location('timers'), OPTIONS);
    const followed = new Promise<void>((onMessage) =>
      log.follow(1, { onMessage: () => onMessage(), onError: () => {} }),
    );
    await log.append(ENTRY);
    await followed;
    // the last message was passed on, so that the follower waits for the next
    for await (const message of log.read({ from: 1, through: 9, hasBodies: false })) expect(message.position).toBe(1);
    await log.close();
    await nextTurn();
    const timers = made.mock.results.map(({ value }) => value as NodeJS.Timeout).filter((timer) => timer.hasRef());
    expect(timers.filter((timer) => !ended.mock.calls.some(([each]) => each === timer))).toEqual([]);
    expect(timers.length).toBeGreaterThan(0);
  });

  it('is full when its limit is reached, and goes on when it is raised', async () => {
    const servers = await oneServer();
    const raw = await RawClient.connect(servers);
    const { log } = await createStore(servers.location('full'), { ...OPTIONS, bytesMax: 20_000 });
    const entry = { ...ENTRY, body: Buffer.alloc(15_000) };
    expect(await log.append(entry)).toBe(1);
    const { code, message } = await rejectionOf(log.append(entry));
    expect([code, message]).toEqual(['DISK_FULL', expect.stringContaining('nothing of this is stored')]);
    expect(await log.last()).toBe(1);
    const { config } = await raw.api<{ config: object }>('STREAM.INFO.cdex_full');
    await raw.api('STREAM.UPDATE.cdex_full', { ...config, max_bytes: 200_000 });
    expect(await log.append(entry)).toBe(2);
    await log.close();
  });
});

it.skipIf(currentServer === null).each([
  ['always', 'sync_interval: always'],
  ['every 120 s', ''],
])('a server reports that it syncs %s', async (sync, jetStream) => {
  const servers = await NatsServers.forTest({ program: currentServer as ServerProgram, count: 1, jetStream });
  const { log, storage } = await createStore(servers.location('a', `?monitor=${servers.monitor()}`), OPTIONS);
  expect((await storage.figures()).settings).toMatchObject({ sync });
  await log.close();
});

describe.skipIf(installedServer === null)('servers', () => {
  const refused = async (servers: NatsServers, variables: Record<string, string> = {}, location?: string) =>
    rejectionOf(createStore(location ?? servers.location('a'), { ...OPTIONS, environment: environmentOf(variables) }));

  it('without JetStream are refused at once', async () => {
    const servers = await NatsServers.forTest({ program, count: 1, jetStream: false });
    expect(await refused(servers)).toMatchObject({
      code: 'UNSUPPORTED_SERVER',
      message: expect.stringContaining('JetStream is not enabled'),
    });
  });

  it('with small messages are refused', async () => {
    const servers = await NatsServers.forTest({ program, count: 1, extraConfig: 'max_payload: 65536' });
    expect(await refused(servers)).toMatchObject({
      code: 'UNSUPPORTED_SERVER',
      message: expect.stringContaining('max_payload is 65536'),
    });
  });

  it('that refuse the credentials are reported at once, without the credentials', async () => {
    const extraConfig = `authorization { users: [
      { user: writer, password: right, permissions: { publish: ">", subscribe: ">" } }
      { user: reader, password: right, permissions: { publish: { deny: "cdex.>" } } }
      { user: blind, password: right, permissions: { publish: { deny: "$JS.API.CONSUMER.MSG.NEXT.>" } } }
      { user: nobody, password: right, permissions: { publish: { deny: "$JS.API.>" } } }
    ] }`;
    const servers = await NatsServers.forTest({ program, count: 1, extraConfig });
    const as = (user: string) => servers.location('a').replace('//', `//${user}:right@`);
    for (const variables of [{}, { NATS_USER: 'writer', NATS_PASSWORD: 'wr0ng' }, { NATS_TOKEN: 'wr0ng' }]) {
      const { code, message, hint } = await refused(servers, variables);
      expect(code).toBe('PERMISSION_DENIED');
      expect(`${message} ${hint}`).not.toContain('wr0ng');
    }
    expect(await refused(servers, {}, as('nobody'))).toMatchObject({ code: 'PERMISSION_DENIED' });
    const { log } = await createStore(as('writer'), OPTIONS);
    expect(log.location).not.toContain('right');
    expect(await log.append(ENTRY)).toBe(1);
    const reader = await openStore(as('reader'), OPTIONS);
    const { code, message } = await rejectionOf(reader.log.append(ENTRY));
    expect([code, message]).toEqual(['PERMISSION_DENIED', expect.stringContaining('"cdex.a.init"')]);
    expect(await reader.log.last()).toBe(1);
    const blind = await openStore(as('blind'), OPTIONS);
    const failed = new Promise<unknown>((onError) => blind.log.follow(1, { onMessage: () => {}, onError }));
    expect(await failed).toMatchObject({ code: 'PERMISSION_DENIED' });
    await Promise.all([log, reader.log, blind.log].map((each) => each.close()));
  });

  it('that do not answer are unreachable after the time limit, or when it is aborted', async () => {
    const location = 'nats://127.0.0.1:9/a';
    const { code, message } = await rejectionOf(openStore(location, { busyLimit: { limitMs: 300 } }));
    expect([code, message]).toEqual(['UNREACHABLE', expect.stringContaining('ECONNREFUSED')]);
    const stop = new AbortController();
    const aborted = openStore(location, { busyLimit: { limitMs: 60_000, signal: stop.signal } });
    stop.abort();
    expect((await rejectionOf(aborted)).code).toBe('ABORTED');
  });

  it('that run are found among those that do not', async () => {
    const servers = await NatsServers.forTest({ program, count: 1 });
    const { log } = await createStore(`nats://127.0.0.1:9,${servers.hosts[0]},127.0.0.1:10/a`, OPTIONS);
    expect(await log.append(ENTRY)).toBe(1);
    await log.close();
  });
});
