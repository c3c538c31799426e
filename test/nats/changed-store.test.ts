/** The files of a stopped server are changed: an older copy is put back, or one byte of a message is another. */

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectFailure, numbers, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { headAt, Writer } from './support/processes.ts';
import { currentServer, installedServer } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const programs = [installedServer, currentServer].filter((program) => program !== null);
const SOON = ['--busy-timeout', '5s'] as const;

async function restarted(servers: NatsServers, change: (store: string) => void): Promise<void> {
  // it writes down what it knows of its files, and does not read them again when it starts
  await servers.signal(0, 'SIGTERM');
  change(servers.storeOf(0));
  servers.spawn(0);
  await servers.areHealthy();
}

it.each(programs)('a store of yesterday on $name: an old writer and an old head are refused', async (program) => {
  const servers = await NatsServers.forTest({ program, count: 1 });
  const location = servers.location('a');
  await succeed(['init', '-l', location]);
  await succeed(['emit', '-q', '-l', location], { input: numbers(1, 50) });
  const yesterday = join(tempDir(), 'yesterday');
  // what is in a page cache is in the copy, too
  await restarted(servers, (store) => cpSync(store, yesterday, { recursive: true }));
  const writer = new Writer(location, { name: 'old', seed: 1 }, SOON);
  await writer.moreReceipts(20);
  writer.stopFeeding();
  await writer.areAllAnswered();
  const head = await headAt(location);
  await restarted(servers, (store) => {
    rmSync(store, { recursive: true });
    cpSync(yesterday, store, { recursive: true });
  });
  const expected = ['inspect', '--verify', '--expect-head', head, '-l', location, ...SOON];
  await succeed(['inspect', '--verify', '-l', location, ...SOON]);
  expectFailure(await runCli(expected), 3, /the ledger ends at sequence 50, before/);
  writer.goOn();
  expect(await writer.ended).toMatchObject({ code: 74 });
  expect(writer.stderr).toMatch(/^error: .*(no longer the log that was opened|is not there any more)/);
  // what it wrote says which messages were there, so that now every reader knows
  expectFailure(await runCli(['inspect', '--verify', '-l', location, ...SOON]), 3, /was written after the head/);
});

it.each(programs)(
  'one byte of one message on $name is another: exit code 3, and the message is named',
  async (program) => {
    const servers = await NatsServers.forTest({ program, count: 1 });
    const location = servers.location('a');
    await succeed(['init', '-l', location]);
    for (let n = 1; n <= 5; n++)
      await succeed(['emit', '-q', '-l', location], { input: `{"n":${n},"text":"haddock${n}"}\n` });
    await restarted(servers, (store) => {
      const files = readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.blk'));
      const changed = files.filter((file) => {
        const bytes = readFileSync(join(store, file));
        const at = bytes.indexOf('haddock3');
        if (at < 0) return false;
        bytes.write('p', at);
        writeFileSync(join(store, file), bytes);
        return true;
      });
      expect(changed).toHaveLength(1);
    });
    expectFailure(await runCli(['inspect', '--verify', '-l', location, ...SOON]), 3, /message 4\b/);
  },
);
