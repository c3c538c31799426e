/** Three servers as an operator sees them: copies, who leads, who lags, and what a lost majority does. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from '../../nats/support/raw.ts';
import { currentServer, installedServer } from '../../nats/support/server-program.ts';
import { NatsServers } from '../../nats/support/servers.ts';
import { runCli } from '../../support/cli.ts';
import { expectFailure, numbers, replayed, succeed } from '../../support/ledger-cli.ts';
import { until } from '../../support/until.ts';

const program = currentServer ?? installedServer;

describe.skipIf(program === null)('three nats-servers', () => {
  let servers: NatsServers;
  beforeAll(async () => {
    if (program !== null) servers = await NatsServers.start({ program, count: 3 });
  });
  afterAll(() => servers?.stop());

  const rowsOf = async (location: string) => {
    const { stdout } = await succeed(['inspect', '-l', location]);
    const rows = stdout.toString().split('\n');
    return (name: string) => rows.find((row) => row.startsWith(name)) ?? '';
  };

  it('keep three copies by default, and inspect names the one that is away', async () => {
    const location = servers.location('events');
    await succeed(['init', '-l', location]);
    await succeed(['emit', '-q', '-l', location], { input: numbers(1, 5) });
    const raw = await RawClient.connect(servers);
    await raw.publish('cdex.events.c.0', 'rubbish', { 'Cdex-Link': ['{}'] });
    const before = await rowsOf(location);
    expect(before('copies')).toMatch(/num_replicas 3, leader s\d, followers s\d, s\d$/);
    expect(before('void')).toMatch(/^void +\S.* 1, bytes \d+$/);
    const away = ((await servers.leaderOf('cdex_events')) + 1) % 3;
    await servers.signal(away, 'SIGKILL');
    await until(async () => /behind s\d \((offline|\d+ entries)\)/.test((await rowsOf(location))('copies')));
    expect((await rowsOf(location))('copies')).toContain(`behind s${away} (`);
    await succeed(['emit', '-q', '-l', location], { input: numbers(6, 9) });
    expect(await replayed(location)).toBe(numbers(1, 9));

    const other = (away + 1) % 3;
    await servers.signal(other, 'SIGKILL');
    const refused = await runCli(['emit', '-l', location, '--busy-timeout', '500ms'], { input: '10\n' });
    expectFailure(refused, 75, 'nothing was stored');
    servers.spawn(other);
    servers.spawn(away);
    await succeed(['emit', '-q', '-l', location, '--busy-timeout', '60s'], { input: numbers(10, 11) });
    expect(await replayed(location, '--busy-timeout', '60s')).toBe(numbers(1, 11));
  });
});
