/** A stream that one server of a cluster has made, while another that answers has not heard of it: a real cluster does so for milliseconds, at no time that a test could choose. */

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

/** Answers as a cluster whose stream is not found by the first `hidden` questions. `asked`: how many came. */
async function answering(hidden: number) {
  const program = installedServer as ServerProgram;
  const extraConfig = 'cluster { name: test, listen: "127.0.0.1:-1" }';
  const servers = await NatsServers.forTest({ program, count: 1, jetStream: false, extraConfig });
  const raw = await RawClient.connect(servers);
  let asked = 0;
  await raw.answer('INFO', () => ({}));
  await raw.answer('STREAM.INFO.cdex_a', () => (++asked <= hidden ? NOT_FOUND : FOUND));
  return { location: servers.location('a'), asked: () => asked };
}

it.skipIf(installedServer === null)('is found when the server has heard of it', async () => {
  const { location, asked } = await answering(2);
  const { log } = await openStore(location, { busyLimit: { limitMs: 30_000 } });
  expect(await log.last()).toBe(0);
  expect(asked()).toBe(4);
  await log.close();
});

it.skipIf(installedServer === null)('is not there when that stays so', async () => {
  const { location, asked } = await answering(Number.POSITIVE_INFINITY);
  const { code } = await rejectionOf(openStore(location, { busyLimit: { limitMs: 30_000 } }));
  expect([code, asked() > 1]).toEqual(['NO_LEDGER', true]);
});
