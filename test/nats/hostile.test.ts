/** Messages that anyone has published: none breaks a reader, and every reader has the same of them. */

import { expect, it } from 'vitest';
import type { LogMessage } from '../../src/core/ledger/log/ordered-log.ts';
import { createStore } from '../../src/core/ledger/nats/store.ts';
import { until } from '../support/until.ts';
import { RawClient } from './support/raw.ts';
import { currentServer, installedServer } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const programs = [installedServer, currentServer].filter((program) => program !== null);

it.each(programs)('messages of other clients on $name', async (program) => {
  const servers = await NatsServers.forTest({ program, count: 1 });
  const raw = await RawClient.connect(servers);
  const { log } = await createStore(servers.location('a'), { busyLimit: { limitMs: 30_000 } });
  const followed: LogMessage[] = [];
  const errors: unknown[] = [];
  log.follow(1, { onMessage: (message) => followed.push(message), onError: (error) => errors.push(error) });
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const published: [topic: string, header: string, body: string, publish: () => Promise<void>][] = [
    ['', '', 'body', () => raw.publish('cdex.a.é.x', 'body')],
    ['', '', 'body', () => raw.publish('cdex.a.c.$0', 'body')],
    ['c.0', '', 'no header', () => raw.publishRaw('cdex.a.c.0', bytes('NATS/1.0\r\n\r\n'), 'no header')],
    ['c.0', '', '1', () => raw.publish('cdex.a.c.0', '1', { 'Cdex-Link': ['{}', '{}'] })],
    ['c.0', '', '2', () => raw.publish('cdex.a.c.0', '2', { 'cdex-link': ['{}'] })],
    ['c.0', 'x', '3', () => raw.publish('cdex.a.c.0', '3', { 'Cdex-Link': ['x'], 'Nats-Msg-Size': ['999999'] })],
    [
      'c.0',
      'x',
      '4',
      () => raw.publish('cdex.a.c.0', '4', { 'Cdex-Link': ['x'], 'Nats-Sequence': ['1'], 'Nats-Subject': ['b'] }),
    ],
    ['c.0', 'y'.repeat(60_000), '5', () => raw.publish('cdex.a.c.0', '5', { 'Cdex-Link': ['y'.repeat(60_000)] })],
    ['c.0', '', '6', () => raw.publishRaw('cdex.a.c.0', bytes('NATS/1.0\r\nCdex-Link: a\u001b[31m\r\n\r\n'), '6')],
    ['c.0', '', '7', () => raw.publishRaw('cdex.a.c.0', bytes('NATS/1.0 404 No Messages\r\n\r\n'), '7')],
    [
      'c.0',
      '',
      '8',
      () => raw.publishRaw('cdex.a.c.0', bytes('NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Stream: 1\r\n\r\n'), '8'),
    ],
    ['c.0', 'z', '9', () => raw.publishRaw('cdex.a.c.0', bytes('NATS/1.0\r\nCdex-Link:z\r\n\r\n'), '9')],
    ['init', '', '', () => raw.publish('cdex.a.init', '')],
  ];
  for (const [, , , publish] of published) await publish();
  const expected = published.map(([topic, header, body], at) => ({ topic, header, body, position: at + 1 }));
  // a header that the client cannot read
  await raw.publishRaw('cdex.a.c.0', bytes('NATS/1.0\r\n\u0001bad name: x\r\nCdex-Link: z\r\n\r\n'), 'unreadable');
  expect(await log.append({ topic: 'c.0', header: 'ours', body: Buffer.from('end') })).toBe(expected.length + 2);
  const read: LogMessage[] = [];
  for await (const message of log.read({ from: 1, through: 99, hasBodies: true })) read.push(message);
  await until(() => followed.length === read.length || errors.length > 0);
  expect(errors).toEqual([]);
  const asText = ({ topic, header, body, position }: LogMessage) => ({
    topic,
    header,
    body: body.toString(),
    position,
  });
  expect(read.map(asText)).toEqual([
    ...expected,
    { topic: 'c.0', header: '', body: 'unreadable', position: expected.length + 1 },
    { topic: 'c.0', header: 'ours', body: 'end', position: expected.length + 2 },
  ]);
  const shared = ({ body: _, bodyBytes: __, ...message }: LogMessage) => message;
  expect(followed.map(shared)).toEqual(read.map(shared));
  const sized = followed.filter(({ position }) => position !== expected.length + 1);
  expect(sized.map(({ bodyBytes }) => bodyBytes)).toEqual(
    read.filter(({ position }) => position !== expected.length + 1).map(({ body }) => body.length),
  );
  for (const message of read.filter(({ topic }) => topic !== ''))
    expect(await log.nextOf(message.topic, message.position)).toEqual(message);
  expect(await log.lastOf('init')).toEqual(read.findLast(({ topic }) => topic === 'init'));
  await log.close();
});
