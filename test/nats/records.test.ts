/** What holds of records over NATS beyond the contract of a store. */

import { afterAll, describe, expect, it } from 'vitest';
import type { RecordStore, StoredRecord } from '../../src/core/ledger/log/record-store.ts';
import { createStore } from '../../src/core/ledger/nats/store.ts';
import { succeed } from '../support/ledger-cli.ts';
import { rejectionOf } from '../support/refusals.ts';
import { isSoak, quick } from '../support/test-size.ts';
import { NatsStores } from './support/factories.ts';
import { RawClient } from './support/raw.ts';
import { currentServer, installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const OPTIONS = { busyLimit: { limitMs: 30_000 } };
const isOld = installedServer !== null && (installedServer.version[0] < 2 || installedServer.version[1] < 10);

describe.skipIf(installedServer === null)('records', () => {
  const stores = new NatsStores(installedServer as ServerProgram, 1);
  afterAll(() => stores.stop());

  it('have keys of any text, and are listed by their first tokens', async () => {
    const [records] = await stores.openRecords(1);
    const keys = ['g.é', 'g. *>$', 'g.plain', 'g.=61', 'g', 'h.a.b', `g.${'x'.repeat(300)}`];
    for (const key of keys) expect(await records?.put(key, JSON.stringify(key), 0)).toMatchObject({ key });
    for (const key of keys) expect((await records?.get(key))?.value).toBe(JSON.stringify(key));
    expect((await records?.list('g.'))?.map(({ key }) => key)).toEqual(
      keys.filter((key) => key.startsWith('g.')).sort(),
    );
    expect((await records?.list(''))?.map(({ key }) => key)).toEqual([...keys].sort());
    expect((await rejectionOf(records?.put('x'.repeat(2000), '1', 0) as Promise<unknown>)).code).toBe(
      'INVALID_ARGUMENT',
    );
  });

  it('are read where the bucket was never made, and made by the first write', async () => {
    const [records, others] = await stores.openRecords(2);
    expect(await records?.get('a')).toBeNull();
    expect(await records?.list('')).toEqual([]);
    const written = await Promise.all([records?.put('a', '1', 0), others?.put('b', '2', 0)]);
    expect(await records?.list('')).toEqual(written);
  });

  it('are listed whole while they are written again and again', async () => {
    const [records, others] = (await stores.openRecords(2)) as [RecordStore, RecordStore];
    const keys = Array.from({ length: 64 }, (_, at) => `c.${String(at).padStart(2, '0')}`);
    for (const key of keys) await records.put(key, '0', 0);
    let isOver = false;
    let written = 0;
    const write = async (): Promise<void> => {
      while (!isOver) await others.put(keys[(written++ * 7) % keys.length] as string, `${written}`, null);
    };
    const writing = Promise.all(Array.from({ length: 8 }, write));
    for (let times = 0; times < quick(100, 2000); times++)
      expect((await records.list('c.')).map(({ key }) => key)).toEqual(keys);

    isOver = true;
    await writing;
    expect(written).toBeGreaterThan(keys.length);
  });

  it('are refused in a bucket with other settings', async () => {
    const servers = await stores.servers();
    const raw = await RawClient.connect(servers);
    await raw.api('STREAM.CREATE.KV_cdex_odd', {
      name: 'KV_cdex_odd',
      subjects: ['$KV.cdex_odd.>'],
      storage: 'memory',
    });
    const { log, records } = await createStore(servers.location('odd'), OPTIONS);
    const { code, message } = await rejectionOf(records.put('a', '1', 0));
    expect([code, message]).toEqual(['NOT_A_LEDGER', expect.stringContaining("bucket's stream KV_cdex_odd")]);
    await log.close();
  });

  it('are written while a server is killed, each step once', async () => {
    const servers = await NatsServers.forTest({ program: installedServer as ServerProgram, count: 1 });
    const { log, records } = await createStore(servers.location('a'), { busyLimit: { limitMs: 60_000 } });
    let record = (await records.put('n', '0', 0)) as StoredRecord;
    for (let step = 1; step <= 30; step++) {
      if (step === 15) await servers.signal(0, 'SIGKILL');
      const writing = records.put('n', String(step), record.revision);
      if (step === 15) {
        servers.spawn(0);
        await servers.areHealthy();
      }
      const written = await writing;
      expect(written).toMatchObject({ value: String(step) });
      expect(written?.writtenAt).toBeGreaterThanOrEqual(record.writtenAt);
      record = written as StoredRecord;
    }
    expect(await records.get('n')).toEqual(record);
    await log.close();
  });
});

it.runIf(isOld && isSoak)(
  'records in three copies are refused by a server whose conditions are not exclusive',
  async () => {
    const servers = await NatsServers.forTest({ program: installedServer as ServerProgram, count: 3 });
    const { log, records } = await createStore(servers.location('a'), OPTIONS);
    for (const call of [
      () => records.get('a'),
      () => records.put('a', '1', 0),
      () => records.list(''),
      () => records.delete('a', 1),
    ])
      expect(await rejectionOf(call())).toMatchObject({ code: 'UNSUPPORTED_SERVER', details: { replicas: 3 } });
    await log.close();
    // a ledger there is inspected as any other: it has no groups
    await succeed(['init', '-l', servers.location('b')]);
    expect(
      JSON.parse((await succeed(['inspect', '--json', '-l', servers.location('b')])).stdout.toString()),
    ).toMatchObject({
      events: 0,
      groups: [],
    });
  },
);

it.skipIf(currentServer === null)('records in three copies are changed under one revision by one alone', async () => {
  const stores = new NatsStores(currentServer as ServerProgram, 3);
  try {
    const all = await stores.openRecords(3);
    const [first] = all as [RecordStore];
    let { revision } = (await first.put('n', '0', 0)) as StoredRecord;
    for (let step = 1; step <= 10; step++) {
      const writes = await Promise.all(all.map((records, at) => records.put('n', `${step} ${at}`, revision)));
      const [winner, ...others] = writes.filter((written) => written !== null);
      expect(others).toEqual([]);
      revision = (winner as StoredRecord).revision;
      expect(await first.get('n')).toEqual(winner);
      const overwritten = await Promise.all(all.map((records, at) => records.put('n', `over ${at}`, null)));
      const revisions = overwritten.map((written) => written?.revision ?? 0);
      expect(new Set(revisions).size, 'each by itself').toBe(all.length);
      revision = Math.max(...revisions);
    }
  } finally {
    await stores.stop();
  }
});
