import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finished, runCli, startCli } from '../support/cli.ts';
import { asLines, earthquakes } from '../support/earthquakes.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import { earthquakeLedger, expectFailure, newLedger, parseLines, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

async function ledgerOfCommits(count: number): Promise<string> {
  const ledger = await newLedger();
  for (let n = 1; n <= count; n++) await succeed(['emit', '-q', '-l', ledger], { input: `${n}\n` });
  return ledger;
}

test('the command gets the events on its standard input, in order', async () => {
  const ledger = await earthquakeLedger();
  const out = join(tempDir(), 'out');
  const { stdout } = await succeed(['replay', '--exec', `cat >> '${out}'; echo taken`, '-l', ledger]);
  expect(readFileSync(out, 'utf8') === asLines(earthquakes())).toBe(true);
  expect(stdout.toString()).toMatch(/^(taken\n)+$/);
});

test('the command gets the form of --output', async () => {
  const ledger = await earthquakeLedger();
  const { stdout } = await succeed([
    'replay',
    '--through-sequence',
    '2',
    '-o',
    'envelope',
    '--exec',
    'cat',
    '-l',
    ledger,
  ]);
  expect(parseLines(stdout).map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test('each delivery is one run, and the next starts after its end', async () => {
  const ledger = await ledgerOfCommits(4);
  const log = join(tempDir(), 'log');
  await succeed([
    'replay',
    '--rate',
    '5/s',
    '--exec',
    `echo begin >> '${log}'; cat >> '${log}'; sleep 0.3; echo end >> '${log}'`,
    '-l',
    ledger,
  ]);
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  expect(lines.filter((line) => /^\d$/.test(line))).toEqual(['1', '2', '3', '4']);
  // events that became due during the sleep came together, and runs did not overlap
  const marks = lines.filter((line) => !/^\d$/.test(line));
  expect(marks.length).toBeGreaterThanOrEqual(4);
  expect(marks).toEqual(marks.map((_, at) => (at % 2 === 0 ? 'begin' : 'end')));
});

test('a failing command stops the replay with 69, its exit code, and the command that resumes', async () => {
  const ledger = await ledgerOfCommits(5);
  const taken = join(tempDir(), 'taken');
  const command = `cat > '${taken}.now'; grep -q 3 '${taken}.now' && exit 9; cat '${taken}.now' >> '${taken}'`;
  const result = await runCli(['replay', '--rate', '20', '--key', 'x', '--exec', command, '-l', ledger]);
  expect(result.code).toBe(0);
  const failed = await runCli(['replay', '-q', '--rate', '4', '--exec', command, '-l', ledger]);
  expect(failed.code).toBe(69);
  expect(failed.stderr).toMatch(
    /^resume with: completengine replay --from-sequence 3 --through-sequence 5 --ledger .* --rate 4 --exec '/,
  );
  expect(failed.stderr).toMatch(/\nerror: the command 'cat > .*' ended with exit code 9\n {2}try: /);
  expect(readFileSync(taken, 'utf8')).toBe('1\n2\n');
});

test('a command that does not read everything but exits with 0 has taken the delivery', async () => {
  const ledger = await earthquakeLedger();
  const { stdout } = await succeed(['replay', '--exec', 'head -n 1 > /dev/null; echo content', '-l', ledger]);
  expect(stdout.toString()).toContain('content');
});

test('a large delivery reaches a slow reader complete, and a command that closes its input early may continue', async () => {
  const ledger = await newLedger('--partition', 'hash:k');
  await succeed(['emit', '-q', '-l', ledger], {
    input: Array.from({ length: 60_000 }, (_, n) => `{"k":${n % 7}}\n`).join(''),
  });
  const late = await succeed(['replay', '-o', 'envelope', '--exec', 'sleep 0.3; wc -l', '-l', ledger]);
  const counts = late.stdout.toString().trim().split('\n').map(Number);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60_000);
  const early = await succeed([
    'replay',
    '-o',
    'envelope',
    '--exec',
    'head -c 1 > /dev/null; exec 0<&-; sleep 0.2; echo content',
    '-l',
    ledger,
  ]);
  expect(early.stdout.toString()).toMatch(/^(content\n)+$/);
});

test('a command that cannot be run is named', async () => {
  const ledger = await ledgerOfCommits(1);
  const result = await runCli(['replay', '-q', '--exec', 'no-such-command-anywhere', '-l', ledger]);
  expect(result.code).toBe(69);
  expect(result.stderr).toContain("error: the command 'no-such-command-anywhere' ended with exit code 127");
});

test('a killed command is reported with its signal', async () => {
  const result = await runCli(['replay', '-q', '--exec', 'kill -9 $$', '-l', await ledgerOfCommits(1)]);
  expect(result.code).toBe(69);
  expect(result.stderr).toContain("error: the command 'kill -9 $$' ended with signal SIGKILL");
});

test('an empty command is refused', async () => {
  expectFailure(
    await runCli(['replay', '-q', '--exec', '', '-l', await ledgerOfCommits(1)]),
    2,
    'the command is empty',
  );
});

test('without events the command does not run', async () => {
  const ledger = await earthquakeLedger();
  const out = join(tempDir(), 'out');
  await succeed(['replay', '--where', 'properties.net=nowhere', '--exec', `touch '${out}'`, '-l', ledger]);
  expect(existsSync(out)).toBe(false);
});

test('SIGTERM lets the current run finish, and prints the command that resumes', async () => {
  const ledger = await ledgerOfCommits(3);
  const out = join(tempDir(), 'out');
  const child = startCli([
    'replay',
    '-q',
    '--rate',
    '1',
    '--exec',
    `cat >> '${out}'; echo started; sleep 0.5; echo done >> '${out}'`,
    '-l',
    ledger,
  ]);
  killAfterTest(child);
  child.stdout.once('data', () => child.kill('SIGTERM'));
  const result = await finished(child);
  expect(result).toMatchObject({ code: 143 });
  expect(result.stderr).toContain('resume with: completengine replay --from-sequence 2 --through-sequence 3 ');
  expect(readFileSync(out, 'utf8')).toBe('1\ndone\n');
});

test.each([[['--exec', 'cat', '--into', 'x.codex']], [['--exec', 'cat', '--dry-run']]])(
  '%j is refused',
  async (args) => {
    expectFailure(await runCli(['replay', ...args, '-l', await newLedger()]), 2, 'cannot also be provided');
  },
);
