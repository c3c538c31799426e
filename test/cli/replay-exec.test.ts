import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
  const [running, taken] = [join(tempDir(), 'running'), join(tempDir(), 'taken')];
  // fails if another run has not ended
  const command = `mkdir '${running}' && cat >> '${taken}' && sleep 0.05 && rmdir '${running}'`;
  await succeed(['replay', '--rate', '50/s', '--exec', command, '-l', ledger]);
  expect(readFileSync(taken, 'utf8')).toBe('1\n2\n3\n4\n');
});

test('a failing command stops the replay with 69, its exit code, and the command that resumes', async () => {
  const ledger = await ledgerOfCommits(5);
  const taken = join(tempDir(), 'taken');
  const command = `cat > '${taken}.now'; grep -q 3 '${taken}.now' && exit 9; cat '${taken}.now' >> '${taken}'`;
  writeFileSync(taken, '');
  const failed = await runCli(['replay', '-q', '--rate', '20', '--exec', command, '-l', ledger]);
  expect(failed.code).toBe(69);
  const delivered = readFileSync(taken, 'utf8');
  // how many were due together depends on the machine
  expect(['', '1\n', '1\n2\n']).toContain(delivered);
  expect(failed.stderr).toMatch(
    /^resume with: completengine replay --from-sequence \d --through-sequence 5 --ledger .* --rate 20 --exec '/,
  );
  expect(failed.stderr).toContain(` --from-sequence ${delivered.length / 2 + 1} `);
  expect(failed.stderr).toMatch(/\nerror: the command 'cat > .*' ended with exit code 9\n {2}try: /);
});

test('a command that does not read everything but exits with 0 has taken the delivery', async () => {
  const ledger = await earthquakeLedger();
  const { stdout } = await succeed(['replay', '--exec', 'head -n 1 > /dev/null; echo content', '-l', ledger]);
  expect(stdout.toString()).toContain('content');
});

test('a large delivery reaches a slow reader complete, and a command that closes its input early may continue', async () => {
  const ledger = await newLedger('--routing', 'hash:k');
  await succeed(['emit', '-q', '-l', ledger], {
    input: Array.from({ length: 60_000 }, (_, n) => `{"k":${n % 7}}\n`).join(''),
  });
  const late = await succeed(['replay', '-o', 'envelope', '--exec', 'sleep 0.05; wc -l', '-l', ledger]);
  const counts = late.stdout.toString().trim().split('\n').map(Number);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60_000);
  const early = await succeed([
    'replay',
    '-o',
    'envelope',
    '--exec',
    'head -c 1 > /dev/null; exec 0<&-; sleep 0.05; echo content',
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
  for (const filter of ['--where', '--key'])
    await succeed(['replay', filter, 'properties.net=nowhere', '--exec', `touch '${out}'`, '-l', ledger]);
  expect(existsSync(out)).toBe(false);
});

test('SIGTERM lets the current run finish, and prints the command that resumes', async () => {
  const ledger = await newLedger('--time', 'at');
  // at the original pace the second is due an hour after the first
  await succeed(['emit', '-q', '-l', ledger], {
    input: [0, 1, 2].map((hour) => `{"at":${1_700_000_000 + hour * 3600}}\n`).join(''),
  });
  const [out, goOn] = [join(tempDir(), 'out'), join(tempDir(), 'go-on')];
  const command = `cat >> '${out}'; echo started; until test -e '${goOn}'; do sleep 0.02; done; echo done >> '${out}'`;
  const child = startCli(['replay', '-q', '--speed', '1', '--exec', command, '-l', ledger]);
  killAfterTest(child);
  child.stdout.once('data', () => {
    child.kill('SIGTERM');
    writeFileSync(goOn, '');
  });
  const result = await finished(child);
  expect(result).toMatchObject({ code: 143 });
  expect(result.stderr).toContain('resume with: completengine replay --from-sequence 2 --through-sequence 3 ');
  expect(readFileSync(out, 'utf8')).toBe('{"at":1700000000}\ndone\n');
});

test.each([[['--exec', 'cat', '--into', 'x.codex']], [['--exec', 'cat', '--dry-run']]])(
  '%j is refused',
  async (args) => {
    expectFailure(await runCli(['replay', ...args, '-l', await newLedger()]), 2, '--exec cannot be combined with');
  },
);
