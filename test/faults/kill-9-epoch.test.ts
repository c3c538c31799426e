/** Fault: kill -9 at any write of a change of routing. Afterwards the new epoch is there as a whole, or nothing of it is. */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectRoutedByEpochs } from '../support/epochs.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { newLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { spread, traced, wasKilled } from '../support/traced.ts';

const ROUNDS = quick(6, 24);
const NAMES = Array.from({ length: 8 }, (_, nth) => `r${nth}`);
const CALL = 'pwrite64';

async function shapeOf(ledger: string): Promise<{ epoch: number; partitions: readonly unknown[] }> {
  const { routing, partitions } = JSON.parse((await succeed(['partition', '--json', '-l', ledger])).stdout.toString());
  return { epoch: routing.epoch, partitions };
}

test('leaves whole epochs alone', async (context) => {
  needs(context, ...STRACE_PROBE);
  const directory = tempDir();
  const original = await newLedger('--routing', 'hash:k', '--partitions', '2');
  await succeed(['emit', '-q', '-l', original], { input: '{"k":"a"}\n{"k":"b"}\n' });
  await succeed(['partition', 'add', 'first', '-l', original]);
  const before = await shapeOf(original);
  const change = (name: string, inject: string | null) => {
    const ledger = join(directory, `${name}.codex`);
    copyFileSync(original, ledger);
    return {
      ledger,
      ended: traced(join(directory, `${name}.log`), CALL, inject, ['partition', 'add', ...NAMES, '-l', ledger]),
    };
  };
  const plain = await change('plain', null).ended;
  expect(plain.code, plain.stderr).toBe(0);
  expect(plain.calls.length).toBeGreaterThan(4);

  const left = { nothing: 0, all: 0 };
  for (const nth of spread(ROUNDS, plain.calls.length)) {
    const where = `killed at ${CALL} ${nth} of ${plain.calls.length}`;
    const { ledger, ended } = change(`kill-${nth}`, `signal=KILL:when=${nth}`);
    expect(wasKilled(await ended), where).toBe(true);
    const after = await shapeOf(ledger);
    const added = after.partitions.length - before.partitions.length;
    expect([0, NAMES.length], where).toContain(added);
    expect(after.epoch - before.epoch, where).toBe(added === 0 ? 0 : 1);
    left[added === 0 ? 'nothing' : 'all']++;
    await succeed(['emit', '-q', '-l', ledger], { input: `{"k":"k${nth}"}\n` });
    expect(await expectRoutedByEpochs(ledger), where).toHaveLength(3);
  }
  // the first write comes before the commit, and the last one brings what is committed into the file
  expect(left.nothing, JSON.stringify(left)).toBeGreaterThan(0);
  expect(left.all, JSON.stringify(left)).toBeGreaterThan(0);
});
