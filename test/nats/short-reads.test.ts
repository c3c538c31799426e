/** What short reads of a long ledger take from the servers: one event, and an overview with its look for late events. */

import { expect, it } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { succeed } from '../support/ledger-cli.ts';
import { quick } from '../support/test-size.ts';
import { currentServer, installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const MIB = 1024 * 1024;
const COUNT = quick(20_000, 100_000);

const sites = [
  { program: installedServer, layout: 'packed' },
  { program: currentServer, layout: 'framed' },
].filter((site): site is { program: ServerProgram; layout: string } => site.program !== null);

it.each(sites)(
  'of a $layout ledger on $program.name take a few commits, wherever they are',
  async ({ program, layout }) => {
    const servers = await NatsServers.forTest({ program, count: 1 });
    const location = servers.location('a');
    await succeed(['init', '-l', location, '--layout', layout, '--routing', 'hash:k', '--time', 't']);
    const pad = 'x'.repeat(1000);
    const lines = Array.from({ length: COUNT }, (_, k) =>
      JSON.stringify({ k, t: 1e9 + k - (k % 100 === 99 ? 50 : 0), pad }),
    );
    await succeed(['emit', '-q', '-l', location], { input: `${lines.join('\n')}\n` });
    const sentFor = async (work: () => Promise<unknown>): Promise<number> => {
      const before = await servers.bytesOut();
      await work();
      return (await servers.bytesOut()) - before;
    };

    const engine = await Completengine.open({ ledger: location, access: 'read', create: false });
    for (const sequence of [COUNT >> 2, COUNT >> 1, COUNT - 5])
      expect(await sentFor(() => engine.event(sequence)), `sequence ${sequence}`).toBeLessThan(1.5 * MIB);
    await engine.close();

    let shown = '';
    const sent = await sentFor(async () => {
      shown = (await succeed(['inspect', '--json', '-l', location])).stdout.toString('utf8');
    });
    // four places, each with the end of a commit and the beginning of the next one
    expect(sent).toBeLessThan(4 * 2 * MIB);
    const { late } = JSON.parse(shown) as { late: { isSample: boolean; events: number } };
    expect(late).toMatchObject({ isSample: true, worstMs: 49_000 });
    expect(late.events).toBeGreaterThan(20);
  },
);
