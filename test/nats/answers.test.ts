/**
 * Servers of a cluster that answer by what they know, while another one knows better: of a stream that was made a moment ago, or of messages behind those that a
 * follower without a leader has. A real cluster does so at no time that a test could choose, so these answers are written by the test.
 */

import { expect, it } from 'vitest';
import { openStore } from '../../src/core/ledger/nats/store.ts';
import { logConfig } from '../../src/core/ledger/nats/stream-config.ts';
import { rejectionOf } from '../support/refusals.ts';
import { RawClient } from './support/raw.ts';
import { installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const NOT_FOUND = { error: { code: 404, err_code: 10059, description: 'stream not found' } };

const config = logConfig('a', { replicas: 3, bytesMax: -1, isAtomic: false }, false);
const FOUND = {
  config,
  created: '2026-01-01T00:00:00Z',
  state: { messages: 0, bytes: 0, first_seq: 1, last_seq: 0 },
};

const LEADERLESS = { ...FOUND, cluster: { name: 'test', replicas: [] } };
const LED = {
  ...FOUND,
  state: { messages: 5, bytes: 5, first_seq: 1, last_seq: 5 },
  cluster: { name: 'test', leader: 's0' },
};

/** Answers as a cluster, to the nth question about its stream by `answerTo(nth)`. `asked`: how many came. */
async function answering(answerTo: (nth: number) => object) {
  const program = installedServer as ServerProgram;
  const extraConfig = 'cluster { name: test, listen: "127.0.0.1:-1" }';
  const servers = await NatsServers.forTest({ program, count: 1, jetStream: false, extraConfig });
  const raw = await RawClient.connect(servers);
  let asked = 0;
  await raw.answer('INFO', () => ({}));
  await raw.answer('STREAM.INFO.cdex_a', () => answerTo(++asked));
  return { location: servers.location('a'), raw, asked: () => asked };
}

it.skipIf(installedServer === null)('a new stream is found when the server has heard of it', async () => {
  const { location, asked } = await answering((nth) => (nth <= 2 ? NOT_FOUND : FOUND));
  const { log } = await openStore(location, { busyLimit: { limitMs: 30_000 } });
  expect(await log.last()).toBe(0);
  expect(asked()).toBe(4);
  await log.close();
});

it.skipIf(installedServer === null)('a stream is not there when that stays so', async () => {
  const { location, asked } = await answering(() => NOT_FOUND);
  const { code } = await rejectionOf(openStore(location, { busyLimit: { limitMs: 30_000 } }));
  expect([code, asked() > 1]).toEqual(['NO_LEDGER', true]);
});

it.skipIf(installedServer === null)('the end of the log is what a leader says', async () => {
  const { location } = await answering((nth) => ([2, 3, 4].includes(nth) ? LEADERLESS : LED));
  const { log } = await openStore(location, { busyLimit: { limitMs: 30_000 } });
  expect(await log.last()).toBe(5);
  await log.close();
});

it.skipIf(installedServer === null)('without a leader there is none', async () => {
  const { location } = await answering((nth) => (nth === 1 ? LED : { ...LEADERLESS, state: LED.state }));
  const { log } = await openStore(location, { busyLimit: { limitMs: 300 } });
  expect((await rejectionOf(log.last())).code).toBe('UNREACHABLE');
  await log.close();
});

it.skipIf(installedServer === null)('a body that was sent twice is not released', async () => {
  const { location, raw } = await answering(() => LED);
  const { log } = await openStore(location, { busyLimit: { limitMs: 30_000 } });
  let asked = 0;
  const refused = { error: { code: 503, err_code: 10_008, description: 'not now' } };
  await raw.listen('cdex.a.c.0', (message) =>
    message.respond(JSON.stringify(++asked === 1 ? refused : { stream: 'cdex_a', seq: asked + 5 })),
  );
  const released: number[] = [];
  const append = (name: string) =>
    log.append({ topic: 'c.0', header: name, body: Buffer.alloc(8) }, { onReleased: () => released.push(asked) });
  expect([await append('twice'), asked, released]).toEqual([7, 2, []]);
  expect([await append('once'), asked, released]).toEqual([8, 3, [3]]);
  await log.close();
});
