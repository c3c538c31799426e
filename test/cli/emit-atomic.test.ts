import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finished, runCli, startCli } from '../support/cli.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { expectFailure, fileIn, newLedger, parseLines, replayed, succeed } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const MANY_LINES = Array.from(
  { length: 60_000 },
  (_, n) => `{"n":${n},"text":"enough bytes for several chunks of input"}\n`,
).join('');

test('--atomic stores all of a valid input', async () => {
  const ledger = await newLedger();
  const { stderr } = await succeed(['emit', '--atomic', '-l', ledger], { input: MANY_LINES });
  expect(stderr).toMatch(/^60,000 events committed/);
  expect((await replayed(ledger)) === MANY_LINES).toBe(true);
  await expectSoundLedger(ledger);
});

test('--atomic stores nothing if the last line is bad, and names it', async () => {
  const ledger = await newLedger();
  const result = await runCli(['emit', '--atomic', '-l', ledger], { input: `${MANY_LINES}bad\n` });
  expect(storedEvents(ledger)).toEqual([]);
  expectFailure(result, 65, 'stdin: line 60001, byte 1: invalid JSON');
  expect(result.stderr).toContain('nothing committed');
});

test('the report of a failed --atomic counts nothing as committed', async () => {
  const ledger = await newLedger();
  const { stdout } = await runCli(['emit', '--atomic', '--json', '-l', ledger], { input: '1\n2\nbad\n' });
  const { report } = JSON.parse(String(stdout)).error.details;
  expect(report).toMatchObject({
    lines: 3,
    events: 0,
    bytes: 0,
    commits: 0,
    firstSequence: null,
    lastSequence: null,
    head: null,
  });
});

test('--atomic names the bad line of a small file too', async () => {
  const ledger = await newLedger();
  const file = fileIn(tempDir(), 'small', '1\n2\n{bad\n');
  const result = await runCli(['emit', '--atomic', '-l', ledger, file]);
  expect(storedEvents(ledger)).toEqual([]);
  expectFailure(result, 65, `${file}: line 3, byte 2: invalid JSON`);
});

test('--atomic does not advise to resume after lines it has not stored', async () => {
  const ledger = await newLedger();
  const result = await runCli(['emit', '--atomic', '-l', ledger], { input: '1\nbad\n' });
  expectFailure(result, 65, 'line 2');
  expect(result.stderr).not.toContain('from it on');
});

test('--atomic prints no receipt for lines it has not stored', async () => {
  const ledger = await newLedger();
  const result = await runCli(['emit', '--atomic', '--receipts', '-l', ledger], { input: '1\n2\nbad\n' });
  expect(storedEvents(ledger)).toEqual([]);
  expect(result.stdout.toString()).toBe('');
});

test('--atomic prints its receipts when everything is stored', async () => {
  const ledger = await newLedger();
  const { stdout } = await succeed(['emit', '--atomic', '--receipts', '-l', ledger], { input: '1\n2\n' });
  expect(parseLines(stdout).map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test('--atomic spans several files', async () => {
  const ledger = await newLedger();
  const directory = tempDir();
  const good = fileIn(directory, 'good', '1\n2\n');
  const bad = fileIn(directory, 'bad', '3\nbad\n');
  const result = await runCli(['emit', '--atomic', '-l', ledger, good, bad]);
  expect(storedEvents(ledger)).toEqual([]);
  expectFailure(result, 65, `${bad}: line 2, byte 1: `);
  await succeed(['emit', '--atomic', '-l', ledger, good, good]);
  expect(await replayed(ledger)).toBe('1\n2\n1\n2\n');
});

test('--atomic with --rejects is refused: it would be neither all nor nothing', async () => {
  const ledger = await newLedger();
  const rejects = join(tempDir(), 'rejects');
  const result = await runCli(['emit', '-l', ledger, '--atomic', '--rejects', rejects], { input: '1\nbad\n2\n' });
  expectFailure(result, 2, '--atomic');
  expect(storedEvents(ledger)).toEqual([]);
  expect(existsSync(rejects)).toBe(false);
});

test('a failed write of receipts does not hide that --atomic has stored everything', async () => {
  const ledger = await newLedger();
  const result = await runShell('printf "1\\n2\\n" | completengine emit --atomic --receipts -l "$ledger" > /dev/full', {
    ledger,
  });
  expectFailure(result, 74, 'the output cannot be written: ENOSPC');
  expect(result.stderr).toMatch(/^2 events committed .*, sequences 1-2; head 2:/m);
  expect(storedEvents(ledger)).toHaveLength(2);
});

test('--atomic blocks no other emitter while it waits for input, and stores nothing when interrupted', async () => {
  const ledger = await newLedger();
  const child = startCli(['emit', '--atomic', '-l', ledger]);
  const result = finished(child);
  // more than a pipe holds, so the command has read it when this resolves
  await new Promise((resolve) => child.stdin.write(MANY_LINES, resolve));
  await succeed(['emit', '-l', ledger], { input: '"other"\n' });
  child.kill('SIGINT');
  const { code, stderr } = await result;
  expect(code).toBe(130);
  expect(stderr).toContain('nothing committed');
  expect(await replayed(ledger)).toBe('"other"\n');
});

test('a late event of an atomic input is raised to the time of the head like any other', async () => {
  const ledger = await newLedger('--time', 'at');
  await succeed(['emit', '--atomic', '-l', ledger], { input: '{"at":1000000000}\n{"at":900000000}\n' });
  expect(storedEvents(ledger).map(({ time }) => time)).toEqual([1e15, 1e15]);
  await expectSoundLedger(ledger);
});
