/**
 * Fault model: a power failure, or a kill within a write, leaves a file with a part of a line at its end. What is delivered again must not become a part of that
 * line: then neither the old nor the new one could be read.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BIN, runCli, runCliInto } from '../support/cli.ts';
import { fileIn, newLedger, numbers, parseLines, succeed } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const CUT = '1\n2\n3';

async function ledgerOfThree(): Promise<string> {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 3) });
  return ledger;
}

/** Commands that write to standard output beside a position. */
const RUNS = {
  'tail --group': () => ['tail', '-q', '-g', 'g', '-e'],
  'tail --cursor-file': (directory: string) => ['tail', '-q', '-n', 'all', '--cursor-file', join(directory, 'cursor')],
  'replay --cursor-file': (directory: string) => ['replay', '-q', '--cursor-file', join(directory, 'cursor')],
};

/** What the command makes of a file that was there. */
async function appended(args: readonly string[], before: string): Promise<string> {
  const directory = tempDir();
  const output = fileIn(directory, 'out', before);
  const { code, stderr } = await runCliInto({ 1: output }, args, { cwd: directory });
  expect(code, stderr).toBe(0);
  return readFileSync(output, 'utf8');
}

for (const [name, argsIn] of Object.entries(RUNS)) {
  test(`${name} >> FILE begins on a new line after one that was cut`, async () => {
    const args = [...argsIn(tempDir()), '-l', await ledgerOfThree()];
    expect(await appended(args, CUT)).toBe(`${CUT}\n1\n2\n3\n`);
  });

  test(`${name} >> FILE adds nothing to whole lines, and nothing to an empty file`, async () => {
    const ledger = await ledgerOfThree();
    expect(await appended([...argsIn(tempDir()), '-l', ledger], '1\n')).toBe('1\n1\n2\n3\n');
    expect(await appended([...argsIn(tempDir()), '-l', await ledgerOfThree()], '')).toBe('1\n2\n3\n');
  });

  test(`${name} >> FILE adds no line end to a template without one`, async () => {
    const args = [...argsIn(tempDir()), '-l', await ledgerOfThree()];
    expect(await appended([...args, '--format', '%v,'], '0,')).toBe('0,1,2,3,');
    expect(await appended([...argsIn(tempDir()), '-l', await ledgerOfThree(), '--format', '%v\\n'], '0')).toBe(
      '0\n1\n2\n3\n',
    );
  });
}

test('a replay without a position continues whatever its output ends with', async () => {
  expect(await appended(['replay', '-q', '-l', await ledgerOfThree()], '0, ')).toBe('0, 1\n2\n3\n');
});

test('an output that is not opened for appending is not touched at another place than where the events go', async () => {
  const ledger = await ledgerOfThree();
  const output = fileIn(tempDir(), 'out', 'xxxxxxxxxx');
  const { code } = await runShell(`'${process.execPath}' '${BIN}' tail -q -g g -e -l '${ledger}' 1<> '${output}'`);
  expect(code).toBe(0);
  expect(readFileSync(output, 'utf8')).toBe('1\n2\n3\nxxxx');
});

test('rejected lines begin on a new line after one that was cut', async () => {
  const ledger = await newLedger('--partitions', '1');
  const rejects = fileIn(tempDir(), 'rejects', '{"source":"a","li');
  const args = ['emit', '-q', '-l', ledger, '--rejects', rejects];
  for (const line of ['bad', 'worse']) expect((await runCli(args, { input: `${line}\n` })).code).toBe(65);
  const [cut, ...whole] = readFileSync(rejects, 'utf8').split('\n');
  expect(cut).toBe('{"source":"a","li');
  expect(parseLines<{ text: string }>(whole.join('\n')).map(({ text }) => text)).toEqual(['bad', 'worse']);
});
