/** Thousands of strays, copies and rubbish in the stream of a ledger, between the commits of its writers: all of it is void and counted, and every reader has one head. */

import type { Msg } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { succeed } from '../support/ledger-cli.ts';
import { seededForTest } from '../support/seeded.ts';
import { quick } from '../support/test-size.ts';
import { expectNothingLost, headAt, PATIENT, Tail, Writer } from './support/processes.ts';
import { RawClient } from './support/raw.ts';
import { currentServer, installedServer } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const programs = [installedServer, currentServer].filter((program) => program !== null);
const MESSAGES = quick(1200, 10_000);
/** Published before one is waited for. */
const WINDOW = 50;

interface Link {
  ledger: string;
  who: { session: string; generation: number; n: number };
}

it.each(quick(programs.slice(0, 1), programs))(
  `a ledger on $name with ${MESSAGES} foreign messages`,
  { timeout: quick(120_000, 1_800_000) },
  async (program) => {
    const random = seededForTest();
    const servers = await NatsServers.forTest({ program, count: 1 });
    const location = servers.location('a');
    await succeed(['init', '-l', location, '--routing', 'hash:tenant', '--partitions', '3', ...PATIENT]);
    const reader = await Completengine.open({ ledger: location, create: false, access: 'read', busyTimeoutMs: 60_000 });
    const tail = new Tail(location);
    const writers = ['a', 'b'].map((name, at) => new Writer(location, { name, seed: random.seed + at }));
    const raw = await RawClient.connect(servers);
    let genuine: Msg | null = null;
    // only those of the ledger's own clients name their copy
    await raw.listen('cdex.a.c.>', (message) => {
      if (message.headers?.has('Cdex-Copy')) genuine = message;
    });
    await Promise.all(writers.map((writer) => writer.moreReceipts(20)));
    const counts = { copies: 0, early: 0, foreign: 0, rubbish: 0, unknown: 0 };
    const kinds = Object.keys(counts) as (keyof typeof counts)[];

    const publish = async (kind: keyof typeof counts): Promise<void> => {
      const { subject, headers, data: body } = genuine as unknown as Msg;
      const header = headers?.get('Cdex-Link') ?? '';
      const link = JSON.parse(header) as Link;
      const send = (text: string, to = subject, bytes: Uint8Array = body) =>
        raw.publish(to, bytes, { 'Cdex-Link': [text] });
      counts[kind]++;
      if (kind === 'copies') return send(header);
      if (kind === 'early') return send(JSON.stringify({ ...link, who: { ...link.who, n: link.who.n + 1000 } }));
      if (kind === 'foreign') return send(JSON.stringify({ ...link, ledger: crypto.randomUUID() }));
      if (kind === 'unknown') return send('{}', `cdex.a.${random.pick(['x', 'c', 'seal-parts', 'init.1'])}`);
      const cut = header.slice(0, random.between(0, header.length - 1));
      return send(random.pick(['', '{}', 'null', '[[[[', '\u{1f41f}', cut]), `cdex.a.c.${random.between(0, 9)}`);
    };
    for (let sent = 0; sent < MESSAGES; sent += WINDOW)
      await Promise.all(
        Array.from({ length: WINDOW }, (_, at) => publish(kinds[(sent + at) % kinds.length] as 'copies')),
      );

    await Promise.all(writers.map((writer) => writer.moreReceipts(20)));
    const events = await expectNothingLost([location], writers, [tail]);
    const head = await headAt(location);
    expect(Number.parseInt(head, 10)).toBe(events);
    // one that had been open all the time
    const { sequence, hash } = await reader.head();
    expect(`${sequence}:${hash}`).toBe(head);
    await reader.close();
    const { stdout } = await succeed(['inspect', '--json', '-l', location, ...PATIENT]);
    const { settings } = (JSON.parse(stdout.toString('utf8')) as { storage: { settings: Record<string, number> } })
      .storage;
    expect(settings['void, foreign']).toBe(counts.foreign);
    expect(settings['void, malformed']).toBe(counts.rubbish);
    // writers whose turn was taken away have sent messages again
    expect(settings['void, stale']).toBeGreaterThanOrEqual(counts.copies + counts.early);
    expect(settings['messages']).toBeGreaterThanOrEqual(MESSAGES);
  },
);
