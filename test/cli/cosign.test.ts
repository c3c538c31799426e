/** `inspect --cosign`: a witness, and whom its cosignatures convince. */

import { appendFileSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectFailure, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { keyFiles } from '../support/signing-keys.ts';
import { tempDir } from '../support/temp-dir.ts';

async function site() {
  const directory = tempDir();
  const [log, w1, w2] = ['log', 'w1', 'w2'].map((name) => keyFiles(directory, name)) as [Pair, Pair, Pair];
  return { directory, ledger: await newLedger(), file: join(directory, 'checkpoints'), log, w1, w2 };
}

type Pair = ReturnType<typeof keyFiles>;
type Site = Awaited<ReturnType<typeof site>>;

async function grow({ ledger, file, log }: Site, from: number, through: number): Promise<void> {
  const flags = ['-l', ledger, '--checkpoint', file, '--sign', log.key];
  await succeed(['emit', '-q', ...flags], { input: numbers(from, through) });
}

const cosign = ({ ledger, file, log }: Site, witness: Pair, ...args: readonly string[]) =>
  runCli([
    'inspect',
    '-l',
    ledger,
    '--cosign',
    witness.key,
    '--checkpoint',
    file,
    '--public-key',
    log.publicKey,
    ...args,
  ]);

function verify({ ledger, file, log, w1, w2 }: Site, ...args: readonly string[]) {
  const keys = [log, w1, w2].flatMap(({ publicKey }) => ['--public-key', publicKey]);
  return runCli(['inspect', '-l', ledger, '--verify', '--checkpoint', file, ...keys, ...args]);
}

test('a witness keeps all checkpoints, and cosigns the last one', async () => {
  const it = await site();
  const kept = join(it.directory, 'kept');
  for (const [from, through] of [
    [1, 2],
    [3, 4],
  ] as const)
    await grow(it, from, through);
  const first = await cosign(it, it.w1);
  expect(first.code, first.stderr).toBe(0);
  expect(first.stderr).toMatch(
    /^cosigned by witness\+[0-9a-f]{8}\+\S+; its first cosignature, with nothing to compare with\n$/,
  );
  writeFileSync(kept, first.stdout);
  await grow(it, 5, 6);
  await grow(it, 7, 8);
  const second = await cosign(it, it.w1);
  expect(second.stderr).toMatch(/^cosigned by witness\+[0-9a-f]{8}\+\S+\n$/);
  appendFileSync(kept, second.stdout);
  // again, without anything new: the same, if its reader has not got it
  const again = await cosign(it, it.w1, '--json');
  expect(JSON.parse(again.stdout.toString())).toMatchObject({ checkpoints: 0, isFirst: false });
  const { notes } = JSON.parse(again.stdout.toString());
  expect(second.stdout.toString().endsWith(notes)).toBe(true);

  expect(readFileSync(kept, 'utf8').match(/^— witness /gm)).toHaveLength(2);
  const proven = await verify({ ...it, file: kept }, '--witnesses', '1');
  expect(proven.stdout.toString()).toMatch(/extends 4 signed checkpoints, .*; cosigned by 1 trusted witness\n$/);
  expectFailure(
    await verify({ ...it, file: kept }, '--witnesses', '2'),
    3,
    /at sequence 2, has not the cosignatures of 2/,
  );
  expectFailure(await verify(it, '--witnesses', '1'), 3, /at sequence 2, has not the cosignatures of 1/);
  const both = await verify(it, '--checkpoint', kept, '--witnesses', '1');
  expect(both.code, both.stderr).toBe(0);
  await grow(it, 9, 9);
  expectFailure(
    await verify(it, '--checkpoint', kept, '--witnesses', '1'),
    3,
    /checkpoint 5 of \S+checkpoints, at sequence 9, has not the cosignatures of 1/,
  );
  writeFileSync(kept, (await cosign({ ...it, file: it.file }, it.w2, '--name', 'w2.example')).stdout);
  appendFileSync(kept, (await cosign(it, it.w1)).stdout);
  expect((await verify({ ...it, file: kept }, '--witnesses', '2')).stdout.toString()).toContain(
    'by 2 trusted witnesses',
  );
});

test('the key of the log is no witness of it', async () => {
  const it = await site();
  await grow(it, 1, 1);
  const own = await cosign(it, it.log);
  writeFileSync(it.file, own.stdout);
  expect((await verify(it)).code).toBe(0);
  expectFailure(await verify(it, '--witnesses', '1'), 3, 'has not the cosignatures of 1');
});

test('a witness cosigns no other history, no older one, and none that misses a checkpoint', async () => {
  const it = await site();
  await grow(it, 1, 2);
  const [copy, older] = [join(it.directory, 'copy.codex'), join(it.directory, 'older')];
  copyFileSync(it.ledger, copy);
  copyFileSync(it.file, older);
  await grow(it, 3, 4);
  expect((await cosign(it, it.w1)).code).toBe(0);
  const state = join(it.directory, readdirSync(it.directory).find((name) => name.endsWith('.state')) as string);
  const before = readFileSync(state, 'utf8');
  const refused = async (site: Site, code: number, fact: RegExp | string, ...args: readonly string[]) => {
    expectFailure(await cosign(site, it.w1, ...args), code, fact);
    expect(readFileSync(state, 'utf8')).toBe(before);
  };
  await refused({ ...it, ledger: copy, file: older }, 3, 'lies before sequence 4, which this key has cosigned');
  const other = { ...it, ledger: copy, file: older };
  await grow(other, 7, 8);
  await refused(other, 3, 'a fork: ');
  await grow(other, 9, 9);
  await refused(other, 3, 'a fork: ');
  // a ledger that has gone back, and checkpoints of what it had
  await refused({ ...it, ledger: copy }, 3, 'the ledger has another history');
  const notes = readFileSync(it.file, 'utf8').split(/(?<=\n)(?=completengine\/[0-9a-f-]{36}\n)/);
  await grow(it, 5, 5);
  await grow(it, 6, 6);
  const all = readFileSync(it.file, 'utf8');
  writeFileSync(it.file, `${notes.join('')}${all.slice(all.lastIndexOf(`completengine/${all.slice(14, 50)}\n`))}`);
  await refused(it, 3, 'was removed');
  writeFileSync(it.file, all);
  await refused(it, 3, 'it is of another witness, or was changed', '--state', older);
  await refused({ ...it, log: it.w2 }, 3, 'is not signed by a trusted key');
  await refused(it, 2, 'is the ledger itself', '--state', it.ledger);
  rmSync(state);
  expect((await cosign(it, it.w1)).stderr).toContain('its first cosignature');
});

test('the state is written before the cosignature is printed', async () => {
  const it = await site();
  await grow(it, 1, 1);
  const failed = await cosign(it, it.w1, '--state', join(it.directory, 'no', 'such'));
  expectFailure(failed, 73, 'cannot be written');
  expect(failed.stdout.toString()).toBe('');
});
