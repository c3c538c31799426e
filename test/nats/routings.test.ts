/** A week of earthquakes through every routing: from a file into a log on nats-servers and back, with the same digest and the same bytes. */

import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EARTHQUAKES } from '../support/cli.ts';
import { asLines, earthquakes } from '../support/earthquakes.ts';
import { storedEvents } from '../support/invariants.ts';
import { newLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { eventsAt, PATIENT } from './support/processes.ts';
import { currentServer, installedServer } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const ROUTINGS = [
  ['hash', ['--routing', 'hash:properties.net', '--partitions', '8']],
  ['range', ['--routing', 'range:properties.mag=1,2.5,4.5,missing=p0']],
  ['composite', ['--routing', 'composite:properties.net+properties.type', '--partitions', '5']],
  ['manual', ['--routing', 'manual:properties.magType', '--partitions', 'ml,mb,mb_lg,md,mww,mw,mwr']],
  ['sticky', ['--routing', 'sticky:properties.net,idle=30m', '--partitions', '4']],
] as const;

const programs = [installedServer, currentServer].filter((program) => program !== null);
const COUNT = quick<1 | 3>(1, 3);

async function digestAndBytes(ledger: string): Promise<{ digest: string; bytes: Buffer }> {
  const { stdout, stderr } = await succeed(['replay', '--json', '-l', ledger, ...PATIENT]);
  return { digest: JSON.parse(stderr).digest, bytes: stdout };
}

describe.each(quick(programs.slice(0, 1), programs))(`earthquakes through ${COUNT} of $name`, (program) => {
  let starting: Promise<NatsServers> | null = null;
  afterAll(async () => (await starting)?.stop());

  it.each(ROUTINGS)('by %s', async (rule, init) => {
    starting ??= NatsServers.start({ program, count: COUNT });
    const servers = await starting;
    const source = await newLedger('--time', 'properties.time', ...init);
    await succeed(['emit', '-q', '-l', source, EARTHQUAKES]);
    const between = servers.location(rule);
    await succeed(['replay', '-q', '-l', source, '--into', between, ...PATIENT]);
    const back = join(tempDir(), 'back.codex');
    await succeed(['replay', '-q', '-l', between, '--into', back, ...PATIENT]);
    const events = storedEvents(source);
    expect(events.length).toBe(earthquakes().length);
    expect(await eventsAt(between)).toEqual(events);
    expect(storedEvents(back)).toEqual(events);
    const { digest, bytes } = await digestAndBytes(between);
    expect(bytes.toString('utf8') === asLines(earthquakes()), 'the bytes of the fixture').toBe(true);
    for (const other of [source, back]) expect((await digestAndBytes(other)).digest).toBe(digest);
    await succeed(['inspect', '--verify', '-l', between, ...PATIENT]);
    expect((await succeed(['replay', '-l', source, '--into', between, ...PATIENT])).stderr).toContain('nothing new');
  });
});
