/** A whole measurement on a nats-server takes 40 processes, so it runs in a soak alone. */

import { expect, it } from 'vitest';
import { installedServer, type ServerProgram } from '../../nats/support/server-program.ts';
import { NatsServers } from '../../nats/support/servers.ts';
import { spawnCli } from '../../support/cli.ts';
import { succeed } from '../../support/ledger-cli.ts';
import { isSoak } from '../../support/test-size.ts';

it.skipIf(installedServer === null || !isSoak)(
  'bench measures ledgers of its own on servers, and names them',
  async () => {
    const servers = await NatsServers.forTest({ program: installedServer as ServerProgram, count: 1 });
    const { code, stdout, stderr } = await spawnCli([
      'bench',
      '-l',
      servers.location('b'),
      '--events',
      '500',
      '--json',
    ]);
    expect(code, stderr).toBe(0);
    const { machine, figures } = JSON.parse(stdout.toString());
    expect(machine.storage).toMatch(/^NATS JetStream \d/);
    expect(figures.storage.ledgerBytes).toBeGreaterThan(0);
    const streams = [...stderr.matchAll(/nats stream rm -f cdex_(b-\w+-\d-\w+)/g)].map(([, name = '']) => name);
    expect(streams).toHaveLength(5);
    for (const name of streams) await succeed(['inspect', '-l', servers.location(name)]);
  },
);
