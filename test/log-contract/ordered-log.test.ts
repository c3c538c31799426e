/** Laws of an ordered log, for every one. */

import { afterAll, describe, expect, it } from 'vitest';
import type { LogEntry, LogMessage, LogRead, OrderedLog } from '../../src/core/ledger/log/ordered-log.ts';
import { rejectionOf } from '../support/refusals.ts';
import { turns } from '../support/turns.ts';
import { until } from '../support/until.ts';
import { LOGS, type LogFactory } from './logs.ts';

const entry = (topic: string, header: string, body: Buffer | string = ''): LogEntry => ({
  topic,
  header,
  body: typeof body === 'string' ? Buffer.from(body) : body,
});

async function openOne(factory: LogFactory): Promise<OrderedLog> {
  const [log] = await factory.open(1);
  return log as OrderedLog;
}

async function readAll(log: OrderedLog, request: Partial<LogRead> = {}): Promise<LogMessage[]> {
  const found: LogMessage[] = [];
  const everything = { from: 1, through: Number.MAX_SAFE_INTEGER, hasBodies: true };
  for await (const message of log.read({ ...everything, ...request })) found.push(message);
  return found;
}

/** Compared faster than bytes. */
const asText = ({ topic, header, body }: LogEntry) => ({ topic, header, body: body.toString('latin1') });
const positions = (messages: readonly LogMessage[]) => messages.map(({ position }) => position);
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const withoutBody = (message: LogMessage): LogMessage => ({ ...message, body: Buffer.alloc(0) });

/** Follows until the log is closed. */
function following(log: OrderedLog, from: number) {
  const messages: LogMessage[] = [];
  const errors: unknown[] = [];
  const { close } = log.follow(from, {
    onMessage: (message) => messages.push(message),
    onError: (error) => errors.push(error),
  });
  return { messages, errors, close };
}

describe.each(LOGS)('a log in $name', (factory) => {
  afterAll(() => factory.stop());

  it('is empty at first', async () => {
    const log = await openOne(factory);
    expect(await log.last()).toBe(0);
    expect(await log.lastOf('c.0')).toBeNull();
    expect(await log.nextOf('c.0', 1)).toBeNull();
    expect(await readAll(log)).toEqual([]);
    expect(await readAll(log, { topics: ['c.0'], hasBodies: false })).toEqual([]);
  });

  it('says when it reads a body no more, before the call resolves', async () => {
    const log = await openOne(factory);
    const bodies = Array.from({ length: 12 }, (_, at) => Buffer.alloc(500_000, at + 1));
    const released: number[] = [];
    await Promise.all(
      bodies.map(async (body, at) => {
        const onReleased = () => {
          released.push(at);
          body.fill(0);
        };
        await log.append(entry('c.0', `${at}`, body), { onReleased });
        expect(released).toContain(at);
      }),
    );
    const found = await readAll(log);
    expect(found.map(({ body }) => body.equals(Buffer.alloc(500_000, body[0])))).toEqual(bodies.map(() => true));
    expect(found.map(({ body }) => body[0])).toEqual(bodies.map((_, at) => at + 1));
  });

  it('has what was appended, byte for byte, with positions and times that do not step back', async () => {
    const log = await openOne(factory);
    const entries = [
      entry('init', '{"v":1}', '{}'),
      entry('c.0', '{"text":"é 𝄞 \\u0000: a, b"}', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))),
      entry('c.p-1_X', 'x'.repeat(28_000), ''),
      entry('seal', '', Buffer.alloc(300_000, 7)),
    ];
    for (const [at, each] of entries.entries()) expect(await log.append(each)).toBe(at + 1);
    const found = await readAll(log);
    expect(found.map(asText)).toEqual(entries.map(asText));
    expect(positions(found)).toEqual(upTo(4));
    expect(found.map(({ bodyBytes }) => bodyBytes)).toEqual(entries.map(({ body }) => body.length));
    for (const [at, { storedAt }] of found.entries()) {
      expect(Number.isSafeInteger(storedAt)).toBe(true);
      expect(storedAt).toBeGreaterThanOrEqual(found[at - 1]?.storedAt ?? 0);
    }
  });

  it('takes messages of the largest size', async () => {
    const log = await openOne(factory);
    const body = Buffer.alloc(log.messageBytesMax - 'c.0'.length - '{}'.length, 'a');
    expect(await log.append(entry('c.0', '{}', body))).toBe(1);
    const last = await log.lastOf('c.0');
    expect(last?.body.equals(body)).toBe(true);
    expect((await readAll(log))[0]?.body.equals(body)).toBe(true);
  });

  it('keeps the order of calls that overlap', async () => {
    const log = await openOne(factory);
    const sizes = upTo(100).map((at) => (at % 7) * 4000);
    const appended = sizes.map((size, at) => log.append(entry('c.0', String(at), Buffer.alloc(size))));
    expect(await Promise.all(appended)).toEqual(upTo(100));
    expect((await readAll(log)).map(({ header }) => Number(header))).toEqual(sizes.map((_, at) => at));
  });

  it('appends after a position, or nothing', async () => {
    const logs = await factory.open(3);
    const [log] = logs as readonly [OrderedLog];
    expect(await log.append(entry('init', 'a'), { after: 0 })).toBe(1);
    expect(await log.append(entry('init', 'b'), { after: 0 })).toBeNull();
    expect(await log.append(entry('init', 'c'))).toBe(2);
    expect(await log.append(entry('init', 'd'), { after: 1 })).toBeNull();
    const together = await Promise.all(logs.map((each, at) => each.append(entry('c.0', `e${at}`), { after: 2 })));
    expect(together.filter((position) => position !== null)).toEqual([3]);
    expect((await readAll(log)).map(({ header }) => header)).toEqual(['a', 'c', `e${together.indexOf(3)}`]);
  });

  it('is read from a position through another, by topic, with and without bodies', async () => {
    const log = await openOne(factory);
    const topics = ['c.0', 'c.1', 'c.m', 'seal'];
    for (const at of upTo(40)) await log.append(entry(topics[at % 4] as string, String(at), `body ${at}`));
    const all = await readAll(log);
    const of = (...wanted: string[]) => all.filter(({ topic }) => wanted.includes(topic));
    expect(positions(all)).toEqual(upTo(40));
    expect(await readAll(log, { from: 5, through: 9 })).toEqual(all.slice(4, 9));
    expect(await readAll(log, { from: 39, through: 400 })).toEqual(all.slice(38));
    expect(await readAll(log, { from: 41 })).toEqual([]);
    expect(await readAll(log, { from: 9, through: 8 })).toEqual([]);
    expect(await readAll(log, { hasBodies: false })).toEqual(all.map(withoutBody));
    expect(await readAll(log, { topics: ['c.1'] })).toEqual(of('c.1'));
    expect(await readAll(log, { topics: ['c.1', 'seal', 'c.9'], hasBodies: false })).toEqual(
      of('c.1', 'seal').map(withoutBody),
    );
    expect(await readAll(log, { topics: ['c.1', 'c.m'], from: 10, through: 20 })).toEqual(
      of('c.1', 'c.m').filter(({ position }) => position >= 10 && position <= 20),
    );
    expect(await readAll(log, { topics: ['c.0'], from: 37, through: 39 })).toEqual([]);
    expect(await readAll(log, { topics: ['c'] })).toEqual([]);
    expect(await readAll(log, { topics: [] })).toEqual([]);
  });

  it('is read whole where more comes than was expected', async () => {
    const log = await openOne(factory);
    for (const at of upTo(40)) await log.append(entry(`c.${at % 2}`, String(at), `body ${at}`));
    for (const messages of [1, 7, 39, 40, 100])
      expect(positions(await readAll(log, { expected: { messages, bytes: 100 } }))).toEqual(upTo(40));
    const some = await readAll(log, { topics: ['c.1'], from: 3, through: 39, expected: { messages: 5, bytes: 1 } });
    expect(positions(some)).toEqual(upTo(40).filter((at) => at >= 3 && at % 2 === 1));
  });

  it('is read no further than asked for', async () => {
    const log = await openOne(factory);
    for (const at of upTo(10)) await log.append(entry('c.0', String(at)));
    for await (const { position } of log.read({ from: 3, through: 10, hasBodies: true })) {
      expect(position).toBe(3);
      break;
    }
    const aborted = readAll(log, { signal: AbortSignal.abort() });
    expect((await rejectionOf(aborted)).code).toBe('ABORTED');
    expect(positions(await readAll(log))).toEqual(upTo(10));
  });

  it('finds the last message of a topic, and the next from a position on', async () => {
    const log = await openOne(factory);
    for (const at of upTo(12)) await log.append(entry(at % 5 === 0 ? 'seal' : 'c.0', String(at), `body ${at}`));
    const all = await readAll(log);
    expect(await log.lastOf('seal')).toEqual(all[9]);
    expect(await log.lastOf('c.0')).toEqual(all[11]);
    expect(await log.nextOf('seal', 1)).toEqual(all[4]);
    expect(await log.nextOf('seal', 5)).toEqual(all[4]);
    expect(await log.nextOf('seal', 6)).toEqual(all[9]);
    expect(await log.nextOf('seal', 11)).toBeNull();
    expect(await log.nextOf('seal', 1000)).toBeNull();
  });

  it('reports every message to each follower, those that are there and those that come', async () => {
    const [log, other] = (await factory.open(2)) as [OrderedLog, OrderedLog];
    for (const at of upTo(20)) await log.append(entry('c.0', String(at), `body ${at}`));
    const [first, second, late] = [following(log, 1), following(other, 11), following(other, 31)];
    await Promise.all(upTo(20).map((at) => log.append(entry('c.1', String(20 + at), `body ${at}`))));
    await until(() => first.messages.length >= 40 && second.messages.length >= 30 && late.messages.length >= 10);
    const all = (await readAll(other)).map(withoutBody);
    expect(first.messages).toEqual(all);
    expect(second.messages).toEqual(all.slice(10));
    expect(late.messages).toEqual(all.slice(30));
    first.close();
    expect(await other.append(entry('c.2', 'more'))).toBe(41);
    await until(() => late.messages.length === 11);
    expect(first.messages.length).toBe(40);
    expect([first, second, late].flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('is not used after it was closed', async () => {
    const [log, other] = (await factory.open(2)) as [OrderedLog, OrderedLog];
    await log.append(entry('c.0', '1'));
    const { messages, errors } = following(log, 1);
    await until(() => messages.length === 1);
    await log.close();
    await log.close();
    for (const call of [
      () => log.append(entry('c.0', '2')),
      () => log.last(),
      () => log.lastOf('c.0'),
      () => log.nextOf('c.0', 1),
      () => readAll(log),
      async () => log.follow(1, { onMessage: () => {}, onError: () => {} }),
    ])
      expect((await rejectionOf(call())).code).toBe('CLOSED');
    expect(await other.append(entry('c.0', '3'))).toBe(2);
    await turns();
    expect([messages.length, errors]).toEqual([1, []]);
  });
});
