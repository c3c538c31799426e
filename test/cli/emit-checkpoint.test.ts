/** `emit --checkpoint`. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { finished, runCli, startCli } from '../support/cli.ts';
import { expectFailure, fileIn, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { keyFiles } from '../support/signing-keys.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

async function site() {
  const directory = tempDir();
  const { key, publicKey } = keyFiles(directory, 'log');
  const [ledger, file] = [await newLedger(), join(directory, 'checkpoints')];
  const flags = ['-l', ledger, '--checkpoint', file, '--sign', key];
  return { directory, ledger, file, key, publicKey, flags };
}

type Site = Awaited<ReturnType<typeof site>>;

const sequencesIn = (file: string): number[] =>
  existsSync(file)
    ? [...readFileSync(file, 'utf8').matchAll(/^completengine\/[0-9a-f-]{36}\n(\d+)\n/gm)].map(([, it]) => Number(it))
    : [];

async function expectProven({ ledger, file, publicKey }: Site, count: number): Promise<void> {
  const { stdout } = await succeed([
    'inspect',
    '-l',
    ledger,
    '--verify',
    '--checkpoint',
    file,
    '--public-key',
    publicKey,
  ]);
  expect(stdout.toString()).toContain(`extends ${count} signed checkpoint`);
}

test('signs the head after the last commit, once, and nothing where nothing was committed', async () => {
  const it = await site();
  await succeed(['emit', ...it.flags], { input: numbers(1, 3) });
  await succeed(['emit', ...it.flags, '--name', 'log.example'], { input: numbers(4, 5) });
  await succeed(['emit', ...it.flags], { input: '' });
  expect(sequencesIn(it.file)).toEqual([3, 5]);
  expect(readFileSync(it.file, 'utf8')).toContain('\n— log.example ');
  await expectProven(it, 2);
});

test('signs while events come, at the interval, and what came after it at the end', async () => {
  const it = await site();
  const child = startCli(['emit', ...it.flags, '--checkpoint-every', '5ms']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const result = finished(child);
  for (const event of [1, 2, 3]) {
    child.stdin.write(`${event}\n`);
    await until(() => sequencesIn(it.file).at(-1) === event);
  }
  child.stdin.end('4\n');
  expect((await result).code).toBe(0);
  const signed = sequencesIn(it.file);
  // the first interval may end before the first event
  expect(signed.filter((sequence) => sequence > 0)).toEqual([1, 2, 3, 4]);
  await expectProven(it, signed.length);
});

test('signs what was committed before a bad line, and before a signal', async () => {
  const it = await site();
  expectFailure(await runCli(['emit', ...it.flags], { input: '1\n2\nbad\n' }), 65, 'line 3');
  expect(sequencesIn(it.file)).toEqual([2]);
  const child = startCli(['emit', ...it.flags, '--receipts']);
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.once('data', () => child.kill('SIGTERM'));
  const result = finished(child);
  child.stdin.write('3\n');
  expect((await result).code).toBe(143);
  expect(sequencesIn(it.file)).toEqual([2, 3]);
});

test('commits nothing with a key that is none, over another file, or behind the last checkpoint', async () => {
  const it = await site();
  const lines = fileIn(it.directory, 'lines', '{"a":1}\n');
  const refused = async (code: number, fact: string, ...args: readonly string[]) => {
    const result = await runCli(['emit', '-l', it.ledger, ...args], { input: '1\n' });
    expectFailure(result, code, fact);
  };
  await refused(2, 'it is a public key', '--checkpoint', it.file, '--sign', it.publicKey);
  await refused(2, 'is no file of checkpoints', '--checkpoint', lines, '--sign', it.key);
  await refused(2, 'is the ledger itself', '--checkpoint', it.ledger, '--sign', it.key);
  await refused(2, 'is the ledger itself', '--checkpoint', it.file, '--sign', it.ledger);
  await refused(2, '--sign', '--checkpoint', it.file);
  await refused(2, '--checkpoint', '--sign', it.key);
  expect(readFileSync(lines, 'utf8')).toBe('{"a":1}\n');
  const other = await newLedger();
  await succeed(['emit', '-q', '-l', other, '--checkpoint', it.file, '--sign', it.key], { input: '1\n' });
  await refused(3, 'of another ledger', '--checkpoint', it.file, '--sign', it.key);
  const { stdout } = await succeed(['inspect', '-l', it.ledger, '--json']);
  expect(JSON.parse(stdout.toString()).head).toMatch(/^0:/);
});
