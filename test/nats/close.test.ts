/** A closed log leaves nothing behind that keeps its process alive. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runProgram } from '../support/fault-tools.ts';
import { installedServer, type ServerProgram } from './support/server-program.ts';
import { NatsServers } from './support/servers.ts';

const STORE = join(fileURLToPath(new URL('../..', import.meta.url)), 'dist/modules/core/ledger/nats/store.js');

it.skipIf(installedServer === null)('a process can end when its log is closed', async () => {
  const servers = await NatsServers.forTest({ program: installedServer as ServerProgram, count: 1 });
  const program = `
    import { createStore } from ${JSON.stringify(STORE)};
    const { log, records } = await createStore(${JSON.stringify(servers.location('a'))}, { busyLimit: { limitMs: 30_000 } });
    await new Promise((resolve) => {
      log.follow(1, { onMessage: resolve, onError: console.error });
      log.follow(1, { onMessage: () => {}, onError: console.error });
      log.append({ topic: 'c.0', header: '{}', body: Buffer.from('{}') });
    });
    for await (const { header } of log.read({ from: 1, through: 1, topics: ['c.0'], hasBodies: true })) console.log(header);
    await records.put('a', '1', 0);
    console.log((await records.list('')).length);
    await log.close();
    // what is cancelled goes with the turn
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    const kept = process.getActiveResourcesInfo().filter((kind) => /Timeout|TCP/.test(kind));
    console.log(JSON.stringify(kept));
  `;
  const { code, stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', program]);
  expect([code, stdout.toString(), stderr]).toEqual([0, '{}\n1\n[]\n', '']);
});
