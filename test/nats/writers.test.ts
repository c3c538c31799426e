/** Writers over servers whose answers do not arrive: what is stored without an answer is there once when they are started again. */

import { expect, it } from 'vitest';
import { runCli, startCli } from '../support/cli.ts';
import { type GeneratedEvents, streamLine, streamText } from '../support/event-stream.ts';
import { expectInOrder } from '../support/invariants.ts';
import { expectFailure, succeed } from '../support/ledger-cli.ts';
import { expectPrefix, expectReceipted, parseReceipts } from '../support/receipts.ts';
import { seededForTest } from '../support/seeded.ts';
import { quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';
import { eventsAt, expectNothingLost, PATIENT, Tail, Writer } from './support/processes.ts';
import { RawClient } from './support/raw.ts';
import { Relay } from './support/relay.ts';
import { currentServer, installedServer } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const programs = [installedServer, currentServer].filter((program) => program !== null);
const used = quick(programs.slice(0, 1), programs);

/** A server, reached directly and through a relay. */
async function relayed(program: (typeof programs)[number]) {
  const servers = await NatsServers.forTest({ program, count: 1 });
  const relay = await Relay.to(servers.port(0));
  const raw = await RawClient.connect(servers);
  const messages = async () => (await raw.api<{ state: { last_seq: number } }>('STREAM.INFO.cdex_a')).state.last_seq;
  const location = servers.location('a');
  await succeed(['init', '-l', location, '--routing', 'hash:tenant', '--partitions', '3']);
  return { location, relay, messages, through: `nats://127.0.0.1:${relay.port}/a` };
}

it.each(used)('a producer on $name that is killed between a commit and its answer goes on exactly', async (program) => {
  const { location, relay, messages, through } = await relayed(program);
  const random = seededForTest();
  const stream: GeneratedEvents = { name: 'p', seed: random.seed, count: 400 };
  let rounds = 0;
  let unanswered = 0;
  for (; rounds < quick(2, 30); rounds++) {
    // it is given what is stored again, and must not store it again
    const known = expectPrefix(await eventsAt(location), stream);
    const child = startCli(['emit', '-q', '--receipts', '--producer', 'p', '-l', through, ...PATIENT]);
    child.stdin.on('error', () => {});
    let receipts = 0;
    child.stdout.on('data', (piece: Buffer) => {
      receipts += piece.toString('latin1').split('\n').length - 1;
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdin.write(streamText(stream, 1, known + 3));
    await until(() => receipts >= 3);
    const before = await messages();
    relay.cut('deaf');
    child.stdin.write(streamText(stream, known + 4, known + 6));
    await until(async () => (await messages()) > before);
    child.kill('SIGKILL');
    await ended;
    relay.heal();
    const stored = expectPrefix(await eventsAt(location), stream);
    expect(receipts).toBe(3);
    expect(stored, 'a commit is there whose answer never came').toBeGreaterThan(known + 3);
    unanswered += stored - known - 3;
  }
  await succeed(['emit', '-q', '--producer', 'p', '-l', location], { input: streamText(stream) });
  const events = await eventsAt(location);
  expectInOrder(events);
  expect([expectPrefix(events, stream), events.length]).toEqual([400, 400]);
  expect(unanswered).toBeGreaterThanOrEqual(rounds);
  await succeed(['inspect', '--verify', '-l', location]);
});

it.each(used)('a transaction on $name is there whole or not at all', async (program) => {
  const { location, relay, messages, through } = await relayed(program);
  const stream: GeneratedEvents = { name: 't', seed: 7, count: 900 };
  const atomic = (target: string) => ['emit', '-q', '--atomic', '--receipts', '-l', target, ...PATIENT];
  const bad = await runCli(atomic(location), { input: `${streamText(stream, 1, 50)}{"n":\n` });
  expect(bad.code).toBe(65);
  expect(await eventsAt(location)).toEqual([]);
  const tooLong = `{"tenant":"t","text":"${'x'.repeat(900_000)}"}\n`;
  expectFailure(await runCli(atomic(location), { input: tooLong.repeat(3) }), 2, /./);
  expect(await eventsAt(location)).toEqual([]);

  // killed while it waits for its answer
  const child = startCli(atomic(through));
  child.stdin.on('error', () => {});
  const ended = new Promise((resolve) => child.on('close', resolve));
  relay.beDeafAfter('HPUB cdex.a.c.');
  const before = await messages();
  child.stdin.end(streamText(stream));
  await until(async () => relay.isCut && (await messages()) > before);
  child.kill('SIGKILL');
  await ended;
  relay.heal();
  expect(expectPrefix(await eventsAt(location), stream)).toBe(stream.count);

  const again: GeneratedEvents = { name: 'u', seed: 8, count: 900 };
  const { stdout } = await succeed(atomic(location), { input: streamText(again) });
  const events = await eventsAt(location);
  expectReceipted(events, again, parseReceipts(stdout));
  expect(events.map(({ payload }) => payload)).toEqual(
    [stream, again].flatMap((each) => Array.from({ length: each.count }, (_, at) => streamLine(each, at + 1))),
  );
  expectInOrder(events);
});

it.each(used)(
  'transactions on $name are stored, each whole, while another writer comes before them',
  async (program) => {
    const { location } = await relayed(program);
    const writer = new Writer(location, { name: 'w', seed: 1 });
    const size = 50;
    const stream: GeneratedEvents = { name: 't', seed: 2, count: size * quick(6, 60) };
    for (let from = 1; from <= stream.count; from += size) {
      await writer.moreReceipts(1);
      const input = streamText(stream, from, from + size - 1);
      await succeed(['emit', '-q', '--atomic', '-l', location, ...PATIENT], { input });
    }
    await writer.finish();
    const events = await eventsAt(location);
    expectInOrder(events);
    expect(expectPrefix(events, stream)).toBe(stream.count);
    expect(expectPrefix(events, writer.stream)).toBe(writer.fed);
    const own = events.filter(({ payload }) => payload.includes('"id":"t-')).map(({ sequence }) => sequence);
    for (const [at, sequence] of own.entries())
      if (at % size > 0) expect(sequence, 'right behind the one before it').toBe((own[at - 1] as number) + 1);
  },
);

it.each(used)('two writers at once on $name are both stored whole, each in its order', async (program) => {
  const { location } = await relayed(program);
  const tail = new Tail(location);
  const writers = ['a', 'b'].map((name, at) => new Writer(location, { name, seed: at + 1 }));
  await Promise.all(writers.map((writer) => writer.moreReceipts(quick(100, 5000))));
  await expectNothingLost([location], writers, [tail]);
});
