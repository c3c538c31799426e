/** Fault: kill -9 in the middle of a change of routing. Afterwards the new epoch is there as a whole, or nothing of it is. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startCli } from '../support/cli.ts';
import { expectRoutedByEpochs } from '../support/epochs.ts';
import { newLedger, succeed } from '../support/ledger-cli.ts';
import { seededForTest } from '../support/seeded.ts';

test('leaves whole epochs alone', async () => {
  const random = seededForTest();
  const ledger = await newLedger('--partition', 'hash:k', '--partitions', '2');
  await succeed(['emit', '-q', '-l', ledger], { input: '{"k":"a"}\n{"k":"b"}\n' });
  await succeed(['partition', 'add', 'first', '-l', ledger]);
  const ends = { killed: 0, done: 0, begun: 0 };
  for (let round = 0; round < 24; round++) {
    const names = Array.from({ length: 8 }, (_, nth) => `r${round}-${nth}`);
    // a look takes about as long as a change, and as long as the machine makes it just now
    const looked = performance.now();
    const before = JSON.parse((await succeed(['partition', '--json', '-l', ledger])).stdout.toString());
    const wholeMs = performance.now() - looked;
    const child = startCli(['partition', 'add', ...names, '-l', ledger]);
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    // the second half, where the change is made
    await sleep(wholeMs * (0.4 + 0.7 * random.unit()));
    child.kill('SIGKILL');
    const isKilled = (await ended) === 'SIGKILL';
    ends[isKilled ? 'killed' : 'done']++;
    const after = JSON.parse((await succeed(['partition', '--json', '-l', ledger])).stdout.toString());
    const added = after.partitions.length - before.partitions.length;
    expect([0, names.length]).toContain(added);
    expect(after.epoch - before.epoch).toBe(added === 0 ? 0 : 1);
    if (isKilled && added > 0) ends.begun++;
    await succeed(['emit', '-q', '-l', ledger], { input: `{"k":"k${round}"}\n` });
  }
  expect(ends.killed).toBeGreaterThan(0);
  expect(await expectRoutedByEpochs(ledger)).toHaveLength(26);
}, 120_000);
