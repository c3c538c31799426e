import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { EARTHQUAKES, finished, runCli, startCli } from '../support/cli.ts';
import { asLines, earthquakes } from '../support/earthquakes.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import {
  earthquakeLedger,
  expectFailure,
  fileIn,
  newLedger,
  parseLines,
  replayed,
  succeed,
} from '../support/ledger-cli.ts';
import { LineReader } from '../support/line-reader.ts';
import { seededForTest } from '../support/seeded.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';

/**
 * Starts a replay and sends a signal after a number of lines. The rest is not read before that, so a replay of more than two pipes hold,
 * 200 kB, cannot have finished, however late the signal comes.
 */
async function interrupted(args: readonly string[], signal: NodeJS.Signals, afterLines: number, isReady = () => true) {
  const child = startCli(['replay', ...args]);
  killAfterTest(child);
  const result = finished(child);
  let lines = 0;
  let isReached = false;
  const count = (piece: Buffer): void => {
    lines += piece.toString('latin1').split('\n').length - 1;
    isReached ||= lines >= afterLines && isReady();
    if (isReached) child.stdout.pause();
  };
  child.stdout.on('data', count);
  await until(() => isReached || child.exitCode !== null);
  child.stdout.off('data', count);
  child.kill(signal);
  child.stdout.resume();
  return result;
}

test('the command printed by an interrupted replay resumes it: the parts make the whole', async () => {
  const random = seededForTest();
  const ledger = await earthquakeLedger();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const first = await interrupted(
      ['--speed', '6000', '--from', '2018-02-01', '-l', ledger],
      signal,
      random.between(1, 20),
    );
    expect(first.code).toBe(code);
    expect(first.stderr).toContain('stopped early');
    const command = /\nresume with: (completengine replay .*)\n$/.exec(first.stderr)?.[1] ?? '';
    expect(command).toContain(' --through-sequence 1707 ');
    expect(command).not.toContain('--from ');
    // an event committed in between is not in this range
    const second = await runShell(command.replace('--speed 6000', '--speed max'));
    expect(second.code).toBe(0);
    const whole = asLines(earthquakes().filter(({ ms }) => ms >= Date.UTC(2018, 1, 1)));
    expect(first.stdout.length).toBeGreaterThan(0);
    expect(second.stdout.length).toBeGreaterThan(0);
    expect(first.stdout.toString() + second.stdout.toString() === whole).toBe(true);
  }
});

test('the printed command resumes the rest of a limit, with its partitions', async () => {
  const random = seededForTest();
  const ledger = await earthquakeLedger();
  const all = (await succeed(['replay', '-q', '-l', ledger, 'p1', 'p6'])).stdout.toString();
  const wanted = `${all.split('\n').slice(0, 200).join('\n')}\n`;
  const args = ['--speed', '6000', '--from', 'start', '--limit', '200', '-l', ledger, 'p1', 'p6'];
  const first = await interrupted(args, 'SIGINT', random.between(1, 20));
  const command = /\nresume with: (completengine replay .*)\n$/.exec(first.stderr)?.[1] ?? '';
  const left = 200 - (first.stdout.toString().split('\n').length - 1);
  expect(command).toMatch(new RegExp(` --limit ${left}( .*)? p1 p6$`));
  const second = await runShell(command.replace('--speed 6000', '--speed max'));
  expect(first.stdout.toString() + second.stdout.toString() === wanted).toBe(true);
});

test('the printed command keeps filters and forms, quoted for the shell', async () => {
  const EVENTS = 2000;
  const ledger = await newLedger('--routing', 'hash:k');
  await succeed(['emit', '-q', '-l', ledger], {
    input: Array.from({ length: EVENTS }, (_, n) => `{"k":"it's","n":${n},"pad":"${'x'.repeat(100)}"}\n`).join(''),
  });
  const first = await interrupted(
    ['--rate', '10/s', '--key', "it's", '--where', 'n>=3', '--where', 'n!=5', '-o', 'envelope', '-l', ledger],
    'SIGINT',
    3,
  );
  const command = /resume with: (.*)\n$/.exec(first.stderr)?.[1] ?? '';
  expect(command).toContain("--key 'it'\\''s' --where 'n>=3' --where 'n!=5'");
  const second = await runShell(command.replace('--rate 10/s', '--speed max'));
  const replayedParts = [...parseLines(first.stdout), ...parseLines(second.stdout)].map(
    ({ payload }) => (payload as { n: number }).n,
  );
  expect(replayedParts).toEqual(Array.from({ length: EVENTS }, (_, n) => n).filter((n) => n >= 3 && n !== 5));
});

test('at full speed into a pipe the parts make the whole, too', async () => {
  const random = seededForTest();
  const ledger = await newLedger('--time', 'at');
  const pad = 'x'.repeat(quick(500, 100));
  const lines = Array.from(
    { length: quick(18_000, 150_000) },
    (_, n) => `{"at":${1_700_000_000 + n},"pad":"${pad}"}\n`,
  ).join('');
  await succeed(['emit', '-q', '-l', ledger], { input: lines });
  for (let round = 0; round < quick(1, 4); round++) {
    const first = await interrupted(['-l', ledger], 'SIGINT', random.between(1, quick(5000, 20_000)));
    expect(first.code).toBe(130);
    const command = /resume with: (.*)\n$/.exec(first.stderr)?.[1];
    const second = command === undefined ? '' : (await runShell(command)).stdout.toString();
    expect(first.stdout.toString() + second === lines).toBe(true);
  }
});

test('a cursor file resumes after Ctrl-C, with the range of the first run', async () => {
  const random = seededForTest();
  const ledger = await earthquakeLedger();
  const cursor = join(tempDir(), 'cursor');
  const args = ['--speed', '20000', '--cursor-file', cursor, '-l', ledger];
  const parts: string[] = [];
  for (let rounds = 0; rounds < 3; rounds++) {
    const part = await interrupted(args, 'SIGINT', random.between(1, 40));
    parts.push(part.stdout.toString());
    expect(part.stderr).toContain('run the same command again to resume');
  }
  await succeed(['emit', '-q', '-l', ledger], { input: `${earthquakes()[0]?.line}\n` });
  parts.push(
    (await succeed(['replay', '-q', '--speed', '1e9', '--cursor-file', cursor, '-l', ledger])).stdout.toString(),
  );
  expect(parts.join('') === asLines(earthquakes())).toBe(true);
  const { stdout, stderr } = await succeed(['replay', '--cursor-file', cursor, '-l', ledger]);
  expect(stdout.length).toBe(0);
  expect(stderr).toBe(`nothing left to replay: ${cursor} is at the end of the range\n`);
});

test('after kill -9 a cursor file is intact, and never ahead of the delivered events', async () => {
  const random = seededForTest();
  const ledger = await earthquakeLedger();
  const cursor = join(tempDir(), 'cursor');
  for (let round = 0; round < 4; round++) {
    const before = existsSync(cursor) ? (JSON.parse(readFileSync(cursor, 'utf8')).next as number) : 1;
    const killed = await interrupted(
      ['--speed', '20000', '--cursor-file', cursor, '-l', ledger],
      'SIGKILL',
      random.between(1, 40),
      () => existsSync(cursor),
    );
    const delivered = parseLines(killed.stdout.subarray(0, killed.stdout.lastIndexOf('\n') + 1)).length;
    const { next } = JSON.parse(readFileSync(cursor, 'utf8')) as { next: number };
    expect(next).toBeGreaterThanOrEqual(before);
    expect(next).toBeLessThanOrEqual(before + delivered);
    expect(killed.stdout.toString().startsWith(asLines(earthquakes().slice(before - 1, before)))).toBe(true);
  }
  expect(readdirSync(dirname(cursor)).filter((name) => name === 'cursor')).toHaveLength(1);
});

test('a cursor continues from history to new events, run after run', async () => {
  const ledger = await newLedger();
  const cursor = join(tempDir(), 'cursor');
  const replayedParts: string[] = [];
  for (let round = 0; round < 3; round++) {
    await succeed(['emit', '-q', '-l', ledger], { input: `${round * 2}\n` });
    const child = startCli(['replay', '-q', '-f', '--cursor-file', cursor, '-l', ledger]);
    killAfterTest(child);
    const lines = new LineReader(child.stdout);
    const result = finished(child);
    await lines.take(1);
    await succeed(['emit', '-q', '-l', ledger], { input: `${round * 2 + 1}\n` });
    await lines.take(1);
    child.kill('SIGINT');
    replayedParts.push((await result).stdout.toString());
  }
  expect(replayedParts.join('')).toBe('0\n1\n2\n3\n4\n5\n');
});

test('a cursor of another ledger, range or filter is refused with 4, and an invalid file with 65', async () => {
  const ledger = await earthquakeLedger();
  const cursor = join(tempDir(), 'cursor');
  await succeed(['replay', '-q', '--through', '2018-02-01', '--cursor-file', cursor, '-l', ledger]);
  const kept = readFileSync(cursor, 'utf8');
  const refused = async (...args: string[]) => runCli(['replay', '--cursor-file', cursor, ...args]);
  expectFailure(await refused('-l', ledger), 4, 'belongs to another range or filter');
  expectFailure(await refused('--through', '2018-02-01', '--key', 'ci', '-l', ledger), 4, 'another range or filter');
  expectFailure(
    await refused('--through', '2018-02-01', '-l', await earthquakeLedger()),
    4,
    'belongs to another ledger',
  );
  expect(readFileSync(cursor, 'utf8')).toBe(kept);
  for (const content of ['', 'x', '[]', 'null', '{"next":1}', kept.replace(/"next":\d+/, '"next":-1')]) {
    expectFailure(
      await runCli(['replay', '--cursor-file', fileIn(tempDir(), 'cursor', content), '-l', ledger]),
      65,
      'is not a cursor file of replay',
    );
  }
  expectFailure(await runCli(['replay', '--cursor-file', EARTHQUAKES, '-l', ledger]), 65, EARTHQUAKES);
});

test.each([
  ['replay', ['--limit', '1']],
  ['tail', ['-n', '1']],
] as const)('%s with the cursor file of another output is refused, and both stay as they are', async (verb, start) => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: '1\n2\n3\n' });
  const cursor = join(tempDir(), 'cursor');
  const run = [verb, '-q', '-l', ledger, '--cursor-file', cursor];
  await succeed([...run, ...start, '-o', 'csv', '--fields', 'sequence,payload']);
  const kept = readFileSync(cursor, 'utf8');
  for (const other of [
    [],
    ['-o', 'envelope'],
    ['-o', 'tsv', '--fields', 'sequence,payload'],
    ['-o', 'csv', '--fields', 'payload'],
  ]) {
    const result = await runCli([...run, ...other]);
    expectFailure(result, 4, `the cursor in ${cursor} belongs to another output: -o csv --fields sequence,payload`);
    expect(result.stderr).toContain('try: use a separate cursor file for each output');
    expect(result.stdout.toString()).toBe('');
    expect(readFileSync(cursor, 'utf8')).toBe(kept);
  }
  await succeed([...run, '-o', 'csv', '--fields', 'sequence,payload']);
});

test('a cursor file without -o is that of -o payload', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: '1\n2\n' });
  const cursor = join(tempDir(), 'cursor');
  await succeed(['replay', '-l', ledger, '--limit', '1', '--cursor-file', cursor]);
  expect(await replayed(ledger, '--cursor-file', cursor, '-o', 'payload')).toBe('2\n');
});
