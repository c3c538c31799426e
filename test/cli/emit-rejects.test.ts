import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import {
  emitWithRejects,
  expectFailure,
  fileIn,
  newLedger,
  parseLines,
  replayed,
  succeed,
} from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

test('--rejects writes bad lines with their reason, continues, and exits with 65', async () => {
  const ledger = await newLedger();
  const rejects = join(tempDir(), 'rejects.jsonl');
  const result = await runCli(['emit', '-l', ledger, '--rejects', rejects], { input: '1\n{bad\n\n2\n"open\n3\n' });
  expect(result.code).toBe(65);
  expect(result.stderr).toMatch(/^3 events committed .*; 2 lines rejected; head 3:/);
  expect(parseLines(readFileSync(rejects))).toEqual([
    { source: 'stdin', line: 2, byte: 2, reason: 'invalid JSON: unexpected character', text: '{bad' },
    { source: 'stdin', line: 5, byte: 6, reason: 'invalid JSON: unexpected end of line', text: '"open' },
  ]);
  expect(await replayed(ledger)).toBe('1\n2\n3\n');
});

test('--rejects appends to the file of an earlier run', async () => {
  const ledger = await newLedger();
  const rejects = join(tempDir(), 'rejects.jsonl');
  for (const input of ['x\n', 'y\n'])
    expect((await runCli(['emit', '-l', ledger, '--rejects', rejects], { input })).code).toBe(65);
  expect(parseLines(readFileSync(rejects)).map(({ text }) => text)).toEqual(['x', 'y']);
});

test('an input without bad lines leaves the rejects empty and exits with 0', async () => {
  const ledger = await newLedger();
  const rejects = join(tempDir(), 'rejects.jsonl');
  await succeed(['emit', '-l', ledger, '--rejects', rejects], { input: '1\n' });
  expect(statSync(rejects).size).toBe(0);
  expect(statSync(rejects).mode & 0o077).toBe(0);
});

test('rejects that are not UTF-8 are written as base64', async () => {
  const ledger = await newLedger();
  const bytes = Buffer.from([0x22, 0xff, 0xfe, 0x22]);
  const [rejected] = await emitWithRejects(ledger, [], { input: Buffer.concat([bytes, Buffer.from('\n')]) });
  expect(rejected?.reason).toBe('invalid UTF-8');
  expect(Buffer.from(rejected?.base64 ?? '', 'base64').equals(bytes)).toBe(true);
});

test('rejected lines of several files contain the name of their file', async () => {
  const ledger = await newLedger();
  const directory = tempDir();
  const one = fileIn(directory, 'one', '1\nx\n');
  const two = fileIn(directory, 'two', 'y\n2\n');
  const rejected = await emitWithRejects(ledger, [one, two]);
  expect(rejected.map(({ source, line }) => [source, line])).toEqual([
    [one, 2],
    [two, 1],
  ]);
  expect(await replayed(ledger)).toBe('1\n2\n');
});

test('fixed rejects can be emitted again', async () => {
  const ledger = await newLedger('--time', 'at');
  const rejected = await emitWithRejects(ledger, [], { input: '{"at":"2026-01-01T00:00:00"}\n' });
  const fixed = rejected.map(({ text }) => text?.replace('00"}', '00Z"}'));
  await succeed(['emit', '-l', ledger], { input: fixed.join('\n') });
  expect(await replayed(ledger)).toBe('{"at":"2026-01-01T00:00:00Z"}\n');
});

test('commits nothing if the file of rejects cannot be opened', async () => {
  const ledger = await newLedger();
  expectFailure(
    await runCli(['emit', '-l', ledger, '--rejects', '/nowhere/rejects'], { input: '1\n' }),
    73,
    'cannot write rejects to /nowhere/rejects',
  );
  expect(await replayed(ledger)).toBe('');
});

test('exits with 74 if rejects cannot be written, commits nothing after them, and reports what was committed', async () => {
  const ledger = await newLedger();
  const directory = tempDir();
  const files = [fileIn(directory, 'one', '1\n2\n'), fileIn(directory, 'two', '3\nbad\n4\n')];
  const result = await runCli(['emit', '-l', ledger, '--rejects', '/dev/full', ...files]);
  expectFailure(result, 74, '/dev/full: the rejects cannot be written: ENOSPC');
  expect(result.stderr).toMatch(/^2 events committed [^;]*, sequences 1-2; head 2:\S+; ledger \S+$/m);
  expect(await replayed(ledger)).toBe('1\n2\n');
});

test('a named pipe without a reader is refused, and nothing waits for one', async () => {
  const ledger = await newLedger();
  const pipe = join(tempDir(), 'rejects');
  spawnSync('mkfifo', [pipe]);
  const result = await runCli(['emit', '-l', ledger, '--rejects', pipe], { input: '1\n' });
  expectFailure(result, 73, /it has no reader \(ENXIO\)/);
  expect(await replayed(ledger)).toBe('');
});

test.each([
  ['a,b\n1,x\n2,y\n', 'comma-separated values', 'mlr --icsv --ojsonl cat'],
  ['[\n{"a":1},\n{"a":2}\n]\n', 'an array over lines', "jq -c '.[]'"],
])('an input in another format is named once, although its lines are rejected: %j', async (input, name, command) => {
  const ledger = await newLedger();
  const result = await runCli(['emit', '-l', ledger, '--rejects', `${ledger}.bad`], { input });
  const notes = result.stderr.toString().match(/^warning: .*$/gm);
  expect(notes).toEqual([
    `warning: stdin is ${name}, and not a JSON line each; convert it: ${command} | completengine emit --ledger ${ledger}`,
  ]);
});

test('a producer whose lines were all rejected says that they are read again', async () => {
  const ledger = await newLedger();
  const args = ['emit', '-l', ledger, '--producer', 'p', '--rejects', `${ledger}.bad`];
  for (const rejected of [1, 2]) {
    const { code, stderr } = await runCli(args, { input: 'bad\n' });
    expect(code).toBe(65);
    expect(stderr.toString()).toContain('no commit has stored the position: the next run reads and rejects them again');
    expect(readFileSync(`${ledger}.bad`, 'utf8').trimEnd().split('\n')).toHaveLength(rejected);
  }
  const stored = await runCli(args, { input: 'bad\n1\n' });
  expect(stored.stderr.toString()).not.toContain('no commit has stored');
});

test('a quiet run that ends with 65 says how many lines were rejected, and where they are', async () => {
  const ledger = await newLedger();
  const rejects = join(tempDir(), 'rejects');
  const emit = (input: string, ...flags: string[]) =>
    runCli(['emit', '-q', '-l', ledger, '--rejects', rejects, ...flags], { input });
  expect(await emit('1\nbad\nworse\n')).toMatchObject({ code: 65, stderr: `2 lines rejected: see ${rejects}\n` });
  expect(await emit('bad\n')).toMatchObject({ code: 65, stderr: `1 line rejected: see ${rejects}\n` });
  expect(await emit('2\n')).toMatchObject({ code: 0, stderr: '' });
  expect((await emit('bad\n', '--json')).stderr, 'the document has it').toBe('');
});
