/** Framed ledgers on real servers: the bytes of one partition of eight, batches that are broken off, and what others put between them. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { runCli, startCli } from '../support/cli.ts';
import { type GeneratedEvents, streamText } from '../support/event-stream.ts';
import { expectFailure, succeed } from '../support/ledger-cli.ts';
import { expectPrefix } from '../support/receipts.ts';
import { seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';
import { eventsAt, expectNothingLost, headAt, PATIENT, Tail, Writer } from './support/processes.ts';
import { RawClient } from './support/raw.ts';
import { Relay } from './support/relay.ts';
import { currentServer, installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const programs = currentServer === null ? [] : [currentServer];
const old = installedServer !== null && installedServer.version[1] < 12 ? [installedServer] : [];
const FRAMED = ['--layout', 'framed', '--routing', 'hash:tenant'] as const;
/** Marks what a test has published, and no writer. */
const STRAY = { Stray: ['1'] };

const serverOf = (program: ServerProgram) => NatsServers.forTest({ program, count: 1 });

interface Inspected {
  readonly partitions: readonly { readonly name: string; readonly bytes: number; readonly events: number }[];
  readonly storage: { readonly bytes: number; readonly settings: Record<string, number | string> };
}

async function inspected(location: string): Promise<Inspected> {
  const { stdout } = await succeed(['inspect', '--json', '-l', location, ...PATIENT]);
  return JSON.parse(stdout.toString('utf8')) as Inspected;
}

it.each(old)('$name keeps no framed ledger, and says which version does', async (program) => {
  const location = (await serverOf(program)).location('a');
  expectFailure(await runCli(['init', ...FRAMED, '-l', location]), 78, /needs nats-server 2\.12, and this one is 2\./);
  await succeed(['init', '-l', location]);
});

it.each(['framed', 'packed'])('a ledger in a file is not %s', async (layout) => {
  const file = join(tempDir(), 'a.codex');
  expectFailure(
    await runCli(['init', '--layout', layout, '-l', file]),
    2,
    /a layout is given, and a ledger in a file has none/,
  );
  expect(existsSync(file)).toBe(false);
});

describe.each(programs)('a framed ledger on $name', (program) => {
  it('is made as such, and is no other', async () => {
    const servers = await serverOf(program);
    const [framed, packed] = [servers.location('a'), servers.location('b')];
    await succeed(['init', ...FRAMED, '-l', framed]);
    await succeed(['init', '-l', packed]);
    expect((await inspected(framed)).storage.settings['layout']).toBe('framed');
    expect((await inspected(packed)).storage.settings['layout']).toBe('packed');
    expectFailure(await runCli(['init', '--layout', 'packed', '-l', framed]), 4, /is framed, not packed/);
    expectFailure(await runCli(['init', '--layout', 'framed', '-l', packed]), 4, /is packed, not framed/);
    expectFailure(await runCli(['init', ...FRAMED, '-l', framed]), 73, /there is a ledger/);
    const raw = await RawClient.connect(servers);
    const { config } = await raw.api<{ config: object }>('STREAM.INFO.cdex_a');
    await raw.api('STREAM.UPDATE.cdex_a', { ...config, allow_atomic: false });
    expectFailure(await runCli(['inspect', '-l', framed]), 76, /is framed, and its log does not append several/);
    await expect(Completengine.open({ ledger: packed, layout: 'framed' })).rejects.toMatchObject({
      code: 'CONFIG_MISMATCH',
    });
  });

  it('sends a reader of one partition of eight at most 1.15 of what is stored of it', async () => {
    const servers = await serverOf(program);
    const location = servers.location('a');
    await succeed(['init', '--layout', 'framed', '-l', location]);
    const stream: GeneratedEvents = { name: 'a', seed: 1, count: quick(10_000, 400_000), piecesMax: 80 };
    await succeed(['emit', '-q', '-l', location], { input: streamText(stream) });
    const { partitions } = await inspected(location);
    expect(partitions.length).toBe(8);
    let events = 0;
    for (const { name, bytes } of partitions) {
      const before = await servers.bytesOut();
      const { stdout } = await succeed(['replay', '-q', '-o', 'payload', '-l', location, '--partition', name]);
      const sent = (await servers.bytesOut()) - before;
      expect(sent, `${name}: at least its own`).toBeGreaterThan(bytes);
      expect(sent / bytes, name).toBeLessThan(1.15);
      events += stdout.toString('latin1').split('\n').length - 1;
    }
    expect(events).toBe(stream.count);
  });

  it.each([
    { name: 'even', keyOf: (n: number) => n },
    // two partitions have nearly everything: each frame of theirs is more than one read takes
    { name: 'uneven', keyOf: (n: number) => (n % 50 === 0 ? n : n % 2) },
  ])('sends members that each follow one of eight $name partitions at most 1.15 of what is stored', async (sizes) => {
    const servers = await serverOf(program);
    const location = servers.location('a');
    await succeed(['init', '--layout', 'framed', '--routing', 'hash:k', '-l', location]);
    const count = quick(8000, 200_000);
    const pad = 'x'.repeat(1000);
    const lines = Array.from({ length: count }, (_, n) => JSON.stringify({ k: sizes.keyOf(n), n, pad }));
    // a file is read in whole chunks: how many commits a pipe makes, and so how much each member reads, depends on the time of each
    const file = join(tempDir(), 'events.jsonl');
    writeFileSync(file, `${lines.join('\n')}\n`);
    await succeed(['emit', '-q', '-l', location, file]);
    const { partitions } = await inspected(location);
    const before = await servers.bytesOut();
    let events = 0;
    const follow = async (name: string) => {
      const engine = await Completengine.open({ ledger: location, create: false, busyTimeoutMs: 60_000 });
      const { finished } = await engine.subscribe(
        { group: 'g', from: 'start', member: name, partitions: [name], until: { head: true } },
        (delivery) => {
          events += delivery.count;
        },
      );
      await finished;
      await engine.close();
    };
    await Promise.all(partitions.map(({ name }) => follow(name)));
    const sent = (await servers.bytesOut()) - before;
    const stored = partitions.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(events).toBe(count);
    expect(sent).toBeGreaterThan(stored);
    expect(sent / stored).toBeLessThan(1.15);
  });

  it('takes a transaction of many messages, whole or not at all', async () => {
    const location = (await serverOf(program)).location('a');
    await succeed(['init', ...FRAMED, '-l', location]);
    const stream: GeneratedEvents = { name: 't', seed: 7, count: quick(7000, 150_000), piecesMax: quick(240, 60) };
    const atomic = ['emit', '-q', '--atomic', '-l', location, ...PATIENT];
    const bad = await runCli(atomic, { input: `${streamText(stream)}{"n":\n` });
    expect([bad.code, await eventsAt(location)]).toEqual([65, []]);
    await succeed(atomic, { input: streamText(stream) });
    const { partitions, storage } = await inspected(location);
    expect(partitions.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(2 * 1024 * 1024);
    // the beginning, frames, one link
    expect(Number(storage.settings['messages'])).toBeGreaterThan(2 + 2 * 8);
    const events = await eventsAt(location);
    expect(expectPrefix(events, stream)).toBe(stream.count);
    await succeed(['inspect', '--verify', '-l', location]);
  });

  it('never shows a part of a batch whose writer is killed within it', async () => {
    const servers = await serverOf(program);
    const location = servers.location('a');
    await succeed(['init', ...FRAMED, '-l', location]);
    const relay = await Relay.to(servers.port(0));
    const stream: GeneratedEvents = { name: 'k', seed: 3, count: 200 };
    const raw = await RawClient.connect(servers);
    const last = async () => (await raw.api<{ state: { last_seq: number } }>('STREAM.INFO.cdex_a')).state.last_seq;
    let known = 0;
    for (const place of quick(['2', '5'], ['1', '2', '3', '4', '5', '6', '7', '8'])) {
      const before = await last();
      const child = startCli(['emit', '-q', '--atomic', '-l', `nats://127.0.0.1:${relay.port}/a`, ...PATIENT]);
      child.stdin.on('error', () => {});
      const ended = new Promise((resolve) => child.on('close', resolve));
      relay.endBehind(`Nats-Batch-Sequence: ${place}\r\n`);
      child.stdin.end(streamText(stream, known + 1, known + 100));
      await until(() => relay.isCut);
      child.kill('SIGKILL');
      await ended;
      relay.heal();
      expect(await last(), 'nothing of it is in the log').toBe(before);
      expect((await eventsAt(location)).length).toBe(known);
      // others go on meanwhile
      await succeed(['emit', '-q', '-l', location], { input: streamText(stream, known + 1, known + 10) });
      known += 10;
    }
    await relay.stop();
    expect(expectPrefix(await eventsAt(location), stream)).toBe(known);
    await succeed(['inspect', '--verify', '-l', location]);
  });

  it('sends a batch again whole that was broken off, and not again one whose answer was lost', async () => {
    const servers = await serverOf(program);
    const location = servers.location('a');
    await succeed(['init', ...FRAMED, '-l', location]);
    const relay = await Relay.to(servers.port(0));
    const raw = await RawClient.connect(servers);
    const last = async () => (await raw.api<{ state: { last_seq: number } }>('STREAM.INFO.cdex_a')).state.last_seq;
    const stream: GeneratedEvents = { name: 'k', seed: 4, count: 200 };
    const emitThrough = (from: number, through: number) => {
      const child = startCli(['emit', '-q', '--atomic', '-l', `nats://127.0.0.1:${relay.port}/a`, ...PATIENT]);
      child.stdin.end(streamText(stream, from, through));
      return new Promise((resolve) => child.on('close', resolve));
    };
    const reconnect = () => {
      relay.cut('closed');
      relay.heal();
    };

    relay.endBehind('Nats-Batch-Sequence: 3\r\n');
    const broken = emitThrough(1, 100);
    await until(() => relay.isCut);
    expect(await last()).toBe(1);
    reconnect();
    expect(await broken).toBe(0);
    const once = await last();
    expect(once, 'frames and a link').toBeLessThanOrEqual(1 + 9);

    relay.beDeafAfter('Nats-Batch-Commit');
    const unanswered = emitThrough(101, 200);
    await until(async () => relay.isCut && (await last()) > once);
    const twice = await last();
    reconnect();
    expect(await unanswered).toBe(0);
    expect(await last(), 'it was found, and not sent again').toBe(twice);
    await relay.stop();
    const events = await eventsAt(location);
    expect([expectPrefix(events, stream), events.length]).toEqual([200, 200]);
  });

  it('loses nothing and doubles nothing when the server is killed with batches on their way', async () => {
    const servers = await serverOf(program);
    const location = servers.location('a');
    await succeed(['init', ...FRAMED, '-l', location, ...PATIENT]);
    const tail = new Tail(location);
    const writers = ['a', 'b'].map((name, at) => new Writer(location, { name, seed: at + 1 }));
    for (let round = 0; round < quick(2, 20); round++) {
      await Promise.all(writers.map((writer) => writer.moreReceipts(20)));
      await until(() => writers.some(({ fed, receipts }) => fed > receipts.length));
      await servers.signal(0, 'SIGKILL');
      servers.spawn(0);
      await servers.areHealthy();
    }
    await Promise.all(writers.map((writer) => writer.moreReceipts(20)));
    await expectNothingLost([location], writers, [tail]);
  });

  // 5,000 strays in a soak, one after the other, take two minutes of a loaded machine
  it('is one ledger for all readers whatever others put between its batches', {
    timeout: quick(120_000, 600_000),
  }, async () => {
    const random = seededForTest();
    const servers = await serverOf(program);
    const location = servers.location('a');
    await succeed(['init', ...FRAMED, '--partitions', '3', '-l', location, ...PATIENT]);
    const reader = await Completengine.open({ ledger: location, create: false, access: 'read' });
    const raw = await RawClient.connect(servers);
    // a commit of one frame is one message, and no batch
    const batches: { readonly subject: string; readonly header: string; readonly body: Uint8Array }[][] = [[]];
    await raw.listen('cdex.a.>', ({ subject, headers, data }) => {
      if (headers === undefined || headers.has('Stray') || !/\.(f|l)\b/.test(subject)) return;
      batches.at(-1)?.push({ subject, header: headers.get('Cdex-Link'), body: Buffer.from(data) });
      if (headers.has('Nats-Batch-Commit') || !headers.has('Nats-Batch-Id')) batches.push([]);
    });
    const tail = new Tail(location);
    const writers = ['a', 'b'].map((name, at) => new Writer(location, { name, seed: random.seed + at }));
    await Promise.all(writers.map((writer) => writer.moreReceipts(20)));
    const counts = { frames: 0, links: 0, copies: 0, rubbish: 0 };
    const kinds = Object.keys(counts) as (keyof typeof counts)[];
    for (let sent = 0; sent < quick(120, 5000); sent++) {
      const kind = kinds[sent % kinds.length] as keyof typeof counts;
      const batch = random.pick(batches.slice(0, -1));
      const [frame, link] = [batch[0], batch.at(-1)];
      if (frame === undefined || link === undefined) continue;
      counts[kind]++;
      if (kind === 'frames') await raw.publish(frame.subject, frame.body, STRAY);
      if (kind === 'links') await raw.publish(link.subject, link.body, { ...STRAY, 'Cdex-Link': [link.header] });
      if (kind === 'rubbish')
        await raw.publish(`cdex.a.${random.pick(['l', 'f.0', 'f.x', 'f.70000', 'c.0'])}`, 'x', {
          ...STRAY,
          'Cdex-Link': [link.header.slice(0, random.between(0, link.header.length - 1))],
        });
      if (kind !== 'copies') continue;
      for (const [at, each] of batch.entries())
        await raw.publishWithin(each.subject, each.body, {
          ...STRAY,
          'Cdex-Link': [each.header],
          'Nats-Batch-Id': [`copy${sent}`],
          'Nats-Batch-Sequence': [String(at + 1)],
          ...(at + 1 < batch.length ? {} : { 'Nats-Batch-Commit': ['1'] }),
        });
    }
    await Promise.all(writers.map((writer) => writer.moreReceipts(20)));
    const events = await expectNothingLost([location], writers, [tail]);
    const head = await reader.head();
    expect(`${head.sequence}:${head.hash}`).toBe(await headAt(location));
    expect(head.sequence).toBe(events);
    await reader.close();
    const { settings } = (await inspected(location)).storage;
    // a link of a batch of one frame may come right behind a stray of the same length
    expect(Number(settings['void, malformed']) + Number(settings['void, stale'])).toBeGreaterThanOrEqual(
      counts.links + counts.copies,
    );
    expect(Number(settings['void, unlinked'])).toBeGreaterThanOrEqual(counts.frames);
    // one partition alone, with strays on its topic
    const { partitions } = await inspected(location);
    for (const { name, events: own } of partitions) {
      const { stdout } = await succeed([
        'replay',
        '-q',
        '-o',
        'payload',
        '-l',
        location,
        '--partition',
        name,
        ...PATIENT,
      ]);
      expect(stdout.toString('latin1').split('\n').length - 1).toBe(own);
    }
  });
});
