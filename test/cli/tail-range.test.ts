import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EARTHQUAKES, runCli, startCli } from '../support/cli.ts';
import { earthquakesBetween } from '../support/earthquakes.ts';
import { earthquakeLedger, expectFailure, fileIn, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { LineReader } from '../support/line-reader.ts';
import { tempDir } from '../support/temp-dir.ts';

async function numbersLedger(through: number): Promise<string> {
  const ledger = await newLedger('--partitions', '3');
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, through) });
  return ledger;
}

async function tailed(ledger: string, ...args: string[]): Promise<string> {
  return (await succeed(['tail', '-l', ledger, ...args])).stdout.toString();
}

test.each([
  [['--from', 'start'], numbers(1, 25)],
  [['--from-sequence', '20'], numbers(20, 25)],
  [['--from', 'start', '-n', '2'], numbers(24, 25)],
  [['--from-sequence', '24', '-n', '5'], numbers(24, 25)],
  [['--from', 'end'], ''],
  [['--from-sequence', '26'], ''],
  [['--from-sequence', '3', '-c', '4'], numbers(3, 6)],
  [['-c', '2'], numbers(16, 17)],
  [['-n', 'all', '-e', '-c', '1'], numbers(1, 1)],
  [['--idle', '100ms', '-n', '1'], numbers(25, 25)],
  [['--from', '-1h'], numbers(1, 25)],
  [['--since', '-1h', '-n', '1'], numbers(25, 25)],
  [['--until', '-1h'], ''],
])('%j', async (args, expected) => {
  expect(await tailed(await numbersLedger(25), ...args)).toBe(expected);
});

test('a start past the head is reported, except the next sequence, which a poller asks for', async () => {
  const ledger = await numbersLedger(25);
  expect(await succeed(['tail', '-l', ledger, '--from-sequence', '999'])).toMatchObject({
    stdout: Buffer.from(''),
    stderr: 'there is no sequence 999 yet: the head is at 25\n',
  });
  expect((await succeed(['tail', '-l', ledger, '--from-sequence', '26'])).stderr).toBe('');
});

test('a field that no event has is reported', async () => {
  const ledger = await numbersLedger(25);
  const { stdout, stderr } = await succeed(['tail', '-l', ledger, '--where', 'a.b=1', '--where', 'c~*x']);
  expect([stdout.toString(), stderr]).toEqual(['', 'no event read has the field a.b or c\n']);
  expect((await succeed(['replay', '-l', ledger, '--where', 'a.b=1'])).stderr).toBe(
    'no events: no event read has the field a.b\n',
  );
});

test('--since and --until filter by time, the end excluded, and -n selects the last of those', async () => {
  const ledger = await earthquakeLedger();
  const expected = earthquakesBetween('2018-02-03T00:00:00Z', '2018-02-04T00:00:00Z');
  const range = ['--since', '2018-02-03', '--until', '2018-02-04'];
  expect(await tailed(ledger, ...range)).toBe(expected);
  expect(await tailed(ledger, ...range, '-n', '5')).toBe(`${expected.trimEnd().split('\n').slice(-5).join('\n')}\n`);
  expect(await tailed(ledger, ...range, '-c', '5')).toBe(`${expected.split('\n').slice(0, 5).join('\n')}\n`);
  expect(await tailed(ledger, ...range, '-f')).toBe(expected);
});

test('a cursor file resumes after the delivered events, also while following', async () => {
  const ledger = await numbersLedger(5);
  const cursor = join(tempDir(), 'cursor');
  expect(await tailed(ledger, '--cursor-file', cursor, '--from', 'start', '-c', '3')).toBe(numbers(1, 3));
  expect(await tailed(ledger, '--cursor-file', cursor)).toBe(numbers(4, 5));
  expect(await tailed(ledger, '--cursor-file', cursor)).toBe('');
  const tail = startCli(['tail', '-l', ledger, '-f', '--cursor-file', cursor]);
  const lines = new LineReader(tail.stdout);
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(6, 8) });
  expect(await lines.take(3)).toEqual(['6', '7', '8']);
  tail.kill('SIGINT');
  expect(await lines.next()).toBeNull();
  expect(JSON.parse(readFileSync(cursor, 'utf8'))).toMatchObject({ tailed: 8 });
});

test('a cursor past the head reveals an older copy of the ledger, and is not changed', async () => {
  const ledger = await numbersLedger(3);
  const cursor = join(tempDir(), 'cursor');
  const copy = join(tempDir(), 'copy.codex');
  copyFileSync(ledger, copy);
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(4, 6) });
  await tailed(ledger, '--cursor-file', cursor);
  const kept = readFileSync(cursor, 'utf8');
  expectFailure(
    await runCli(['tail', '-l', copy, '--cursor-file', cursor]),
    3,
    /sequence 6, past the head 3 of the ledger/,
  );
  expect(readFileSync(cursor, 'utf8')).toBe(kept);
});

test('a cursor file of another ledger, or an invalid one, is refused and not changed', async () => {
  const cursor = join(tempDir(), 'cursor');
  await tailed(await numbersLedger(3), '--cursor-file', cursor);
  const ledger = await numbersLedger(3);
  expectFailure(await runCli(['tail', '-l', ledger, '--cursor-file', cursor]), 4, /belongs to another ledger/);
  for (const text of ['', '{}', 'x', '{"ledger":"x","tailed":-1}']) {
    const path = fileIn(tempDir(), 'cursor', text);
    expectFailure(await runCli(['tail', '-l', ledger, '--cursor-file', path]), 65, /not a cursor file of tail/);
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
  expectFailure(await runCli(['tail', '-l', ledger, '--cursor-file', EARTHQUAKES]), 65, /too large/);
});

test.each([
  [['--from', 'noon'], /'noon'/],
  [['--from-sequence', '0'], /0 is not a sequence/],
  [['--from-sequence', '1', '--since', '-1h'], /--from/],
  [['-c', '0'], /0/],
  [['--idle', 'soon'], /'soon'/],
  [['-e', '-f'], /--follow/],
  [['--until', '2018-02-30'], /2018-02-30/],
])('refuses %j', async (args, fact) => {
  expectFailure(await runCli(['tail', '-l', await newLedger(), ...args]), 2, fact);
});
