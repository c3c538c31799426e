import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { expectFailure, fileIn, newLedger, parseLines, replayed, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

/** Of many bytes: long in every run, because the oracle reads each event. */
const VOLUME_TEXT = 'bytes enough to make several chunks of it'.repeat(quick(7, 1));

function linesUpTo(count: number, text = 'bytes enough to make several chunks of it'): string {
  return Array.from({ length: count }, (_, n) => `{"n":${n},"text":"${text}"}\n`).join('');
}

test('a producer that runs twice with one input stores one copy', async () => {
  const ledger = await newLedger();
  const file = fileIn(tempDir(), 'input', linesUpTo(1000));
  await succeed(['emit', '--producer', 'week', '-l', ledger, file]);
  const { stderr } = await succeed(['emit', '--producer', 'week', '-l', ledger, file]);
  expect(stderr).toBe('nothing committed: all of the input, 1,000 lines, was taken before by this producer\n');
  expect(await replayed(ledger)).toBe(linesUpTo(1000));
});

test('says how much of the input an earlier run has taken', async () => {
  const ledger = await newLedger();
  const run = ['emit', '--producer', 'log', '-l', ledger];
  await succeed(run, { input: '1\n\n2\n' });
  const { stderr } = await succeed(run, { input: '1\n\n2\n3\n' });
  expect(stderr).toMatch(/^1 event committed \(.*; 2 lines taken before by this producer; head 3:/);
  const { stdout } = await succeed([...run, '--json'], { input: '1\n\n2\n3\n' });
  expect(JSON.parse(stdout.toString())).toMatchObject({ events: 0, resumed: 3, isComplete: true });
  // several chunks, and a line that a rejects file has taken
  const rejects = fileIn(tempDir(), 'rejects', '');
  const long = [...run.slice(0, 2), 'long', '-l', ledger, '--rejects', rejects];
  expect((await runCli(long, { input: `${linesUpTo(50_000)}bad\n` })).code).toBe(65);
  const again = await succeed(long, { input: `${linesUpTo(50_000)}bad\n4\n` });
  expect(again.stderr).toContain('; 50,001 lines taken before by this producer; ');
});

test('a producer whose input has grown resumes after the stored part', async () => {
  const ledger = await newLedger();
  for (const count of [3, 50_000, 50_001]) {
    await succeed(['emit', '--producer', 'log', '-l', ledger], { input: linesUpTo(count) });
    expect((await replayed(ledger)) === linesUpTo(count)).toBe(true);
  }
  await expectSoundLedger(ledger);
});

test('receipts of a resumed producer have the line numbers of the whole input', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '--producer', 'log', '-l', ledger], { input: '1\n\n2\n' });
  const { stdout } = await succeed(['emit', '--receipts', '--producer', 'log', '-l', ledger], { input: '1\n\n2\n3\n' });
  expect(parseLines(stdout).map(({ line, sequence }) => [line, sequence])).toEqual([[4, 3]]);
});

test('a producer resumes after a first run that ended without a newline', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '--producer', 'log', '-l', ledger], { input: '{"n":1}\n{"n":2}' });
  await succeed(['emit', '--producer', 'log', '-l', ledger], { input: '{"n":1}\n{"n":2}' });
  await succeed(['emit', '--producer', 'log', '-l', ledger], { input: '{"n":1}\n{"n":2}\n{"n":3}\n' });
  expect(await replayed(ledger)).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
});

test.each([
  ['another input', '{"n":9}\n{"n":2}\n{"n":3}\n'],
  ['another input of the same length', '{"n":2}\n{"n":1}\n'],
  ['a shorter input', '{"n":1}\n'],
  ['an empty input', ''],
])('a producer with %s is refused with 4', async (_, input) => {
  const ledger = await newLedger();
  await succeed(['emit', '--producer', 'log', '-l', ledger], { input: '{"n":1}\n{"n":2}\n' });
  const other = await runCli(['emit', '--producer', 'log', '-l', ledger], { input });
  expectFailure(other, 4, "producer 'log'");
  expect(other.stderr).toMatch(/\nnothing committed\n$/);
  expect(await replayed(ledger)).toBe('{"n":1}\n{"n":2}\n');
});

test('producers of different names keep their own positions', async () => {
  const ledger = await newLedger();
  for (const name of ['one', 'two', 'one'])
    await succeed(['emit', '--producer', name, '-l', ledger], { input: '1\n2\n' });
  expect(await replayed(ledger)).toBe('1\n2\n1\n2\n');
  const { producers } = JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString());
  expect(producers).toEqual([
    { name: 'one', position: 4 },
    { name: 'two', position: 4 },
  ]);
});

test('two runs of one producer at the same time store one copy', async () => {
  const ledger = await newLedger();
  const input = linesUpTo(quick(16_000, 120_000), VOLUME_TEXT);
  const file = fileIn(tempDir(), 'input', input);
  const runs = await Promise.all([1, 2].map(() => runCli(['emit', '--producer', 'log', '-l', ledger, file])));
  expect(runs.map(({ code, stderr }) => (code === 0 ? 'done' : stderr))).toEqual(['done', 'done']);
  expect((await replayed(ledger)) === input).toBe(true);
  await expectSoundLedger(ledger);
});

test('two producers at the same time with the same input store a copy each, both in order', async () => {
  const ledger = await newLedger();
  const count = quick(8000, 60_000);
  const input = linesUpTo(count, VOLUME_TEXT);
  const file = fileIn(tempDir(), 'input', input);
  await Promise.all(['one', 'two'].map((name) => succeed(['emit', '--producer', name, '-l', ledger, file])));
  const events = await expectSoundLedger(ledger);
  const seen = [0, 0];
  for (const { payload } of events) {
    const { n } = JSON.parse(payload);
    const copy = seen.indexOf(n);
    // a plain comparison: eighty thousand calls of expect() take a second
    if (copy === -1) expect(seen, `event ${n} is out of order`).toContain(n);
    seen[copy] = n + 1;
  }
  expect(seen).toEqual([count, count]);
});

test('a producer stopped by a bad line resumes at it when it is fixed', async () => {
  const ledger = await newLedger();
  expectFailure(await runCli(['emit', '--producer', 'log', '-l', ledger], { input: '1\nbad\n3\n' }), 65, 'line 2');
  await succeed(['emit', '--producer', 'log', '-l', ledger], { input: '1\n2\n3\n' });
  expect(await replayed(ledger)).toBe('1\n2\n3\n');
});

test('a producer over several files sees them as one input', async () => {
  const ledger = await newLedger();
  const directory = tempDir();
  const one = fileIn(directory, 'one', '1\n2\n');
  const two = fileIn(directory, 'two', '3\n4\n');
  await succeed(['emit', '--producer', 'week', '-l', ledger, one]);
  await succeed(['emit', '--producer', 'week', '-l', ledger, one, two]);
  await succeed(['emit', '--producer', 'week', '-l', ledger, one, two]);
  expect(await replayed(ledger)).toBe('1\n2\n3\n4\n');
});

test('--producer with --atomic stores the position with the whole input or not at all', async () => {
  const ledger = await newLedger();
  expectFailure(
    await runCli(['emit', '--atomic', '--producer', 'log', '-l', ledger], { input: '1\nbad\n' }),
    65,
    'line 2',
  );
  await succeed(['emit', '--atomic', '--producer', 'log', '-l', ledger], { input: '1\n2\n' });
  await succeed(['emit', '--atomic', '--producer', 'log', '-l', ledger], { input: '1\n2\n3\n' });
  expect(await replayed(ledger)).toBe('1\n2\n3\n');
});

test('an invalid producer name is refused before any input is read', async () => {
  const ledger = await newLedger();
  expectFailure(
    await runCli(['emit', '--producer', 'Not a name', '-l', ledger], { input: '1\n' }),
    2,
    "invalid producer name 'Not a name'",
  );
  expect(await replayed(ledger)).toBe('');
});
