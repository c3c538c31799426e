/**
 * Members of a group over a ledger on nats-servers are killed and paused: nothing is lost, and the order of each partition is kept. In a soak alone, because it
 * takes long; what members do to each other's records is tested in every run without servers.
 */

import { expect, it } from 'vitest';
import { expectGroupUnderFire, GROUP_TIMEOUT_MS } from '../support/group-under-fire.ts';
import { succeed } from '../support/ledger-cli.ts';
import { isSoak, quick } from '../support/test-size.ts';
import { currentServer, installedServer } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const MEMBERS = quick(3, 8);

const programs = [currentServer, installedServer].filter((program) => program !== null);
const SITES = isSoak
  ? programs.map((program) => ({ program, count: program === currentServer ? (3 as const) : (1 as const) }))
  : programs.slice(0, 1).map((program) => ({ program, count: 1 as const }));

it.runIf(isSoak).each(SITES)(
  `${MEMBERS} members share sixteen partitions on $count of $program.name under kill -9 and pauses`,
  { timeout: 4 * GROUP_TIMEOUT_MS },
  async ({ program, count }) => {
    const servers = await NatsServers.forTest({ program, count });
    const ledger = servers.location('a');
    await succeed(['init', '-l', ledger, '--routing', 'hash:k', '--partitions', '16', '--busy-timeout', '60s']);
    const { kills, pauses } = await expectGroupUnderFire(ledger, MEMBERS);
    expect([kills > 0, pauses > 0]).toEqual([true, true]);
  },
);
