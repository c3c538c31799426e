/** `diff`: the first sequence at which two ledgers differ, by chain and then by payload, and its exit codes. */

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectFailure, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

async function ledgerOf(input: string, ...initArgs: string[]): Promise<string> {
  const ledger = await newLedger(...initArgs);
  await emit(ledger, input);
  return ledger;
}

async function emit(ledger: string, input: string): Promise<void> {
  await succeed(['emit', '-q', '-l', ledger], { input });
}

async function copyOf(ledger: string): Promise<string> {
  const copy = join(tempDir(), 'copy.codex');
  await succeed(['backup', '-l', ledger, copy]);
  return copy;
}

async function diffOf(a: string, b: string): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runCli(['diff', a, b, '--json']);
  const document = JSON.parse(stdout.toString());
  expect({ code, stderr }).toEqual({ code: document.result === 'equal' ? 0 : 3, stderr: '' });
  return document;
}

test('a copy is equal by its chain, and a ledger to itself', async () => {
  const ledger = await ledgerOf(numbers(1, 50));
  expect(await diffOf(ledger, await copyOf(ledger))).toMatchObject({
    result: 'equal',
    sequence: null,
    by: null,
    payloadSequence: null,
    shorter: null,
    hasSameUuid: true,
    sameChainThrough: 50,
  });
  expect((await succeed(['diff', ledger, ledger])).stdout.toString()).toBe(
    'equal: 50 events\ncopies of one ledger with one hash chain; all events of both were verified against it\n',
  );
});

test('an older copy is the beginning of its ledger, which is a difference at its end', async () => {
  const ledger = await ledgerOf(numbers(1, 50));
  const copy = await copyOf(ledger);
  await emit(ledger, numbers(51, 1700));
  const facts = { result: 'prefix', sequence: 51, by: 'end', payloadSequence: 51, sameChainThrough: 50 };
  expect(await diffOf(copy, ledger)).toMatchObject({ ...facts, shorter: 'a' });
  expect(await diffOf(ledger, copy)).toMatchObject({ ...facts, shorter: 'b' });
  const { code, stdout } = await runCli(['diff', copy, ledger]);
  expect({ code, text: stdout.toString() }).toEqual({
    code: 3,
    text: `${copy} is the beginning of ${ledger}, which has 1,650 events more, from sequence 51 on\ncopies of one ledger with one hash chain; all events of both were verified against it\n`,
  });
});

test('copies that were both emitted to: the first other commit by chain, the first other payload by payload', async () => {
  const ledger = await ledgerOf(numbers(1, 20));
  for (let n = 21; n <= 40; n += 4) await emit(ledger, numbers(n, n + 3));
  const copy = await copyOf(ledger);
  await emit(ledger, numbers(41, 60));
  await emit(copy, `${numbers(41, 45)}"other"\n${numbers(47, 48)}`);
  expect(await diffOf(ledger, copy)).toMatchObject({
    result: 'different',
    sequence: 41,
    by: 'chain',
    payloadSequence: 46,
    shorter: 'b',
    sameChainThrough: 40,
  });
  expect((await runCli(['diff', ledger, copy])).stdout.toString()).toBe(
    'different from sequence 41 on, by chain\nthe chain is the same through sequence 40\nthe payloads differ from sequence 46 on\n',
  );
});

test('copies whose payloads are the same and whose commits are not differ by chain', async () => {
  const ledger = await ledgerOf(numbers(1, 5));
  const copy = await copyOf(ledger);
  await emit(ledger, numbers(6, 9));
  await emit(copy, numbers(6, 7));
  await emit(copy, numbers(8, 9));
  expect(await diffOf(ledger, copy)).toMatchObject({
    result: 'different',
    sequence: 6,
    by: 'chain',
    payloadSequence: null,
  });
  const other = await copyOf(ledger);
  await succeed(['partition', 'add', 'extra', '-l', other]);
  expect(await diffOf(ledger, other)).toMatchObject({
    result: 'different',
    sequence: 10,
    by: 'chain',
    payloadSequence: null,
  });
});

test('other ledgers are compared by payload', async () => {
  const ledger = await ledgerOf(numbers(1, 30));
  expect(await diffOf(ledger, await ledgerOf(numbers(1, 30), '--partitions', '3'))).toMatchObject({
    result: 'equal',
    hasSameUuid: false,
  });
  expect(await diffOf(ledger, await ledgerOf(numbers(1, 12)))).toMatchObject({
    result: 'prefix',
    sequence: 13,
    shorter: 'b',
  });
  expect(await diffOf(ledger, await ledgerOf(`${numbers(1, 7)}8.0\n${numbers(9, 30)}`))).toMatchObject({
    result: 'different',
    sequence: 8,
    by: 'payload',
    payloadSequence: 8,
  });
  expect(await diffOf(await newLedger(), await newLedger())).toMatchObject({ result: 'equal' });
  expect(await diffOf(await newLedger(), ledger)).toMatchObject({ result: 'prefix', sequence: 1, shorter: 'a' });
});

test('a copy whose payload was overwritten is not equal: both are verified, unless --chain-only', async () => {
  const ledger = await ledgerOf(`${numbers(1, 20)}"needle"\n`);
  await emit(ledger, numbers(22, 30));
  const copy = await copyOf(ledger);
  const bytes = readFileSync(copy);
  const at = bytes.indexOf('needle');
  expect(at).toBeGreaterThan(0);
  bytes.write('noodle', at);
  writeFileSync(copy, bytes);
  for (const sides of [
    [ledger, copy],
    [copy, ledger],
  ]) {
    const { code, stdout, stderr } = await runCli(['diff', ...sides]);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(`${copy}: the commit at sequence 1 is corrupt`);
    const believed = await succeed(['diff', ...sides, '--chain-only']);
    expect(believed.stdout.toString()).toBe(
      'equal by chain: 30 events\ncopies of one ledger with one hash chain; their events were not read: leave out --chain-only to verify both\n',
    );
  }
  expect(JSON.parse((await succeed(['diff', ledger, copy, '--chain-only', '--json'])).stdout.toString())).toMatchObject(
    {
      result: 'equal',
      isVerified: false,
    },
  );
  expect(await diffOf(ledger, ledger)).toMatchObject({ result: 'equal', isVerified: true });
  const other = await ledgerOf(`${numbers(1, 20)}"needle"\n${numbers(22, 30)}`);
  expect(await diffOf(other, copy)).toMatchObject({
    result: 'different',
    sequence: 21,
    by: 'payload',
    isVerified: false,
  });
});

test('a segment is compared with its ledger, and with a copy from before the archive', async () => {
  const ledger = await newLedger('--time', 't');
  const line = (n: number) => `{"t":"2026-01-01T00:00:${String(n).padStart(2, '0')}Z"}\n`;
  for (let n = 1; n <= 6; n++) await emit(ledger, line(n));
  const copy = await copyOf(ledger);
  await succeed(['archive', '--until', '2026-01-01T00:00:04Z', '--yes', '-l', ledger]);
  const [segment = ''] = readdirSync(`${ledger}.archive`);
  const path = join(tempDir(), 'part.segment');
  copyFileSync(join(`${ledger}.archive`, segment), path);
  expect(await diffOf(path, copy)).toMatchObject({
    result: 'prefix',
    sequence: 4,
    hasSameUuid: true,
    shorter: 'a',
    sameChainThrough: 3,
  });
  expect(await diffOf(path, ledger)).toMatchObject({ result: 'prefix', sequence: 4, shorter: 'a' });
  // the archive is a link of the chain, so the heads differ, and nothing else
  expect(await diffOf(ledger, copy)).toMatchObject({ payloadSequence: null, by: 'chain', sequence: 7 });
});

test('a missing ledger and a missing argument are refused', async () => {
  const ledger = await newLedger();
  expectFailure(await runCli(['diff', ledger]), 2, 'diff needs B (the other one)');
  expectFailure(await runCli(['diff', ledger, join(tempDir(), 'none.codex')]), 66, 'there is no ledger');
});

test('the hint about a corrupt ledger names that one of the two', async () => {
  const ledger = await ledgerOf(numbers(1, 20));
  await emit(ledger, '"needle"\n');
  const copy = await copyOf(ledger);
  const bytes = readFileSync(copy);
  bytes.write('noodle', bytes.indexOf('needle'));
  writeFileSync(copy, bytes);
  for (const sides of [
    [ledger, copy],
    [copy, ledger],
  ]) {
    const { stderr, stdout } = await runCli(['diff', ...sides]);
    const hint = `replay everything before it: completengine replay --ledger ${copy} --through-sequence 20;`;
    expect(stderr).toContain(hint);
    expect(stdout.toString()).toBe('');
    expect(JSON.parse((await runCli(['diff', ...sides, '--json'])).stdout.toString()).error.hint).toContain(hint);
  }
});
