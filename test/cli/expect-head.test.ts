/** `emit --expect-head`. */

import { expect, test } from 'vitest';
import { runCli, spawnCli } from '../support/cli.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { expectFailure, fileIn, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

async function headOf(ledger: string): Promise<string> {
  return JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()).head;
}

test.each([[[]], [['--atomic']]])('%j: stores nothing at another head, which is named, and exits 4', async (flags) => {
  const ledger = await newLedger();
  const empty = await headOf(ledger);
  await succeed(['emit', '-l', ledger, '--expect-head', empty, ...flags], { input: '1\n' });
  const head = await headOf(ledger);
  const refused = await runCli(['emit', '-l', ledger, '--expect-head', empty, ...flags], { input: '2\n' });
  expectFailure(refused, 4, `the head is ${head}, and not ${empty}; nothing was stored`);
  expectFailure(await runCli(['emit', '-l', ledger, '--expect-head', empty, ...flags], { input: '' }), 4, head);
  expectFailure(
    await runCli(['emit', '-l', ledger, '--expect-head', 'x', ...flags], { input: '' }),
    2,
    "'x' is not a head",
  );
  await succeed(['emit', '-l', ledger, '--expect-head', head, ...flags], { input: '\n\n3\n' });
  expect(await replayed(ledger)).toBe('1\n3\n');
});

test('of concurrent commands with large inputs exactly one is stored whole', async () => {
  const ledger = await newLedger();
  const input = (name: string) => fileIn(tempDir(), name, `{"by":"${name}","x":"${'x'.repeat(180)}"}\n`.repeat(30_000));
  const head = await headOf(ledger);
  const results = await Promise.all(
    ['a', 'b', 'c'].map((name) => spawnCli(['emit', '-l', ledger, '--expect-head', head, input(name)])),
  );
  expect(results.map(({ code }) => code).sort()).toEqual([0, 4, 4]);
  const events = await expectSoundLedger(ledger);
  expect(events).toHaveLength(30_000);
  expect(new Set(events.map(({ payload }) => JSON.parse(payload.toString()).by)).size).toBe(1);
});
