import { execFileSync } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EARTHQUAKES, finished, runCli, startCli } from '../support/cli.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { earthquakeLedger, expectFailure, fileIn, newLedger, PLAIN, replayed, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const SQLITE_SHELL = '/usr/bin/sqlite3';

test('replay prints a week of earthquakes byte for byte as emitted', async () => {
  const ledger = await earthquakeLedger();
  const { stdout } = await succeed(['replay', '-l', ledger]);
  expect(stdout.equals(readFileSync(EARTHQUAKES))).toBe(true);
  await expectSoundLedger(ledger);
});

test('the events view shows each line as one row, in the order of the file', async () => {
  const events = storedEvents(await earthquakeLedger());
  const lines = readFileSync(EARTHQUAKES, 'utf8').trimEnd().split('\n');
  expect(events).toHaveLength(1707);
  expect(events.map(({ payload }) => payload)).toEqual(lines);
  const time = (line: string | undefined) => JSON.parse(line ?? '').properties.time * 1000;
  expect(events.map((event) => event.time)).toEqual(lines.map(time));
});

test.skipIf(!existsSync(SQLITE_SHELL))('the shell of SQLite reads a ledger by itself', async () => {
  const ledger = await earthquakeLedger(...PLAIN);
  const select = (sql: string) => execFileSync(SQLITE_SHELL, ['-readonly', ledger, sql], { maxBuffer: 1e9 });
  expect(select('SELECT count(*) FROM events').toString()).toBe('1707\n');
  expect(select('SELECT payload FROM events ORDER BY sequence').equals(readFileSync(EARTHQUAKES))).toBe(true);
  expect(select('PRAGMA integrity_check').toString()).toBe('ok\n');
});

test('each network is in one partition', async () => {
  const events = storedEvents(await earthquakeLedger());
  const partitionsOf = new Map<string, Set<string>>();
  for (const { payload, partition } of events) {
    const { net } = JSON.parse(payload).properties;
    partitionsOf.set(net, (partitionsOf.get(net) ?? new Set()).add(partition));
  }
  expect([...partitionsOf.values()].every((partitions) => partitions.size === 1)).toBe(true);
  expect(new Set(events.map(({ partition }) => partition)).size).toBeGreaterThan(1);
});

test('reads its input from a pipe, from -, from a redirected file and from named files', async () => {
  const ledger = await newLedger();
  const file = fileIn(tempDir(), 'two.jsonl', '{"n":2}\n{"n":3}\n');
  await succeed(['emit', '-l', ledger], { input: '{"n":1}\n' });
  await succeed(['emit', '-l', ledger, file]);
  await succeed(['emit', '-l', ledger, '-'], { input: '{"n":4}\n' });
  const redirected = startCli(['emit', '-l', ledger], { stdio: [openSync(file, 'r'), 'pipe', 'pipe'] } as object);
  const code = await new Promise((resolve) => redirected.on('close', resolve));
  expect(code).toBe(0);
  expect(await replayed(ledger)).toBe('{"n":1}\n{"n":2}\n{"n":3}\n{"n":4}\n{"n":2}\n{"n":3}\n');
});

test('reads several files and standard input in the order given', async () => {
  const ledger = await newLedger();
  const directory = tempDir();
  // the first file has no final newline, and must not merge with the next
  const first = fileIn(directory, 'first', '1');
  const last = fileIn(directory, 'last', '3\n');
  await succeed(['emit', '-l', ledger, first, '-', last], { input: '2' });
  expect(await replayed(ledger)).toBe('1\n2\n3\n');
});

test('names the file and the line within it if one of several is bad', async () => {
  const ledger = await newLedger();
  const directory = tempDir();
  const good = fileIn(directory, 'good', '1\n2\n3\n');
  const bad = fileIn(directory, 'bad', '4\n\n{"a":x}\n6\n');
  const result = await runCli(['emit', '-l', ledger, good, bad, good]);
  expectFailure(result, 65, `${bad}: line 3, byte 6: `);
  expect(await replayed(ledger)).toBe('1\n2\n3\n4\n');
});

test('reads nothing if one of the files is missing', async () => {
  const ledger = await newLedger();
  const good = fileIn(tempDir(), 'good', '1\n');
  expectFailure(
    await runCli(['emit', '-l', ledger, good, '/nowhere/missing.jsonl']),
    66,
    'there is no file /nowhere/missing.jsonl',
  );
  expectFailure(await runCli(['emit', '-l', ledger, good, '/']), 65, '/ is a directory');
  expect(await replayed(ledger)).toBe('');
});

test('an empty input commits nothing and exits with 0', async () => {
  const ledger = await newLedger();
  for (const input of ['', '\n\n', '\r\n', '\ufeff']) {
    const { stdout, stderr } = await succeed(['emit', '-l', ledger], { input });
    expect(stdout.toString()).toBe('');
    expect(stderr).toBe('nothing committed\n');
  }
  expect(storedEvents(ledger)).toEqual([]);
});

test('prints what it has committed on standard error, with the head', async () => {
  const ledger = await newLedger();
  const { stdout, stderr } = await succeed(['emit', '-l', ledger], { input: '1\n2\n3\n' });
  expect(stdout.toString()).toBe('');
  expect(stderr).toMatch(
    /^3 events committed \(3 B in .+ s, .+ events\/s\), sequences 1-3; head 3:[0-9a-f]{64}; ledger \S+\n$/,
  );
  expect((await succeed(['emit', '-l', ledger], { input: '4\n' })).stderr).toMatch(
    /^1 event committed \(1 B in .+\), sequence 4; head 4:/,
  );
});

test('prints only errors with -q', async () => {
  const ledger = await newLedger();
  const { stdout, stderr } = await succeed(['emit', '-q', '-l', ledger], { input: '1\n' });
  expect(stdout.toString() + stderr).toBe('');
  expectFailure(await runCli(['emit', '-q', '-l', ledger], { input: 'x\n' }), 65, 'stdin: line 1, byte 1: ');
});

test('--json prints one document, whose head can be kept as an anchor', async () => {
  const ledger = await newLedger();
  const { stdout, stderr } = await succeed(['emit', '--json', '-l', ledger], { input: '1\n\n22\n' });
  const document = JSON.parse(stdout.toString());
  expect(stderr).toBe('');
  expect(document).toMatchObject({
    lines: 3,
    events: 2,
    bytes: 3,
    commits: 1,
    firstSequence: 1,
    lastSequence: 2,
    isComplete: true,
  });
  await succeed(['inspect', '-l', ledger, '--expect-head', document.head]);
});

test('--json prints a failure as a document too', async () => {
  const ledger = await newLedger();
  const result = await runCli(['emit', '--json', '-l', ledger], { input: '1\nx\n' });
  expect(JSON.parse(result.stdout.toString()).error).toMatchObject({
    code: 'BAD_LINE',
    details: { source: 'stdin', line: 2, byte: 1, report: { events: 1 } },
  });
  expectFailure(result, 65, 'stdin: line 2, byte 1: ');
});

test('refuses to emit without a ledger, and creates none', async () => {
  const ledger = join(tempDir(), 'none.codex');
  expectFailure(await runCli(['emit', '-l', ledger], { input: '1\n' }), 66, `there is no ledger at ${ledger}`);
  expect(existsSync(ledger)).toBe(false);
});

test('holds the input of a fast producer in chunks and keeps its order', async () => {
  const ledger = await newLedger('--partitions', '3');
  const input = Array.from({ length: 60_000 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat(n % 200)}"}\n`).join('');
  await succeed(['emit', '-l', ledger], { input });
  expect((await replayed(ledger)) === input).toBe(true);
  await expectSoundLedger(ledger);
});

test('an interrupt keeps what was committed, and reports that the rest was not read', async () => {
  const ledger = await newLedger();
  const child = startCli(['emit', '--receipts', '-l', ledger]);
  const result = finished(child);
  child.stdin.write('1\n2\n{"half":');
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGINT');
  const { code, stderr } = await result;
  expect(code).toBe(130);
  expect(stderr).toContain('the rest of the input was not read');
  expect(await replayed(ledger)).toBe('1\n2\n');
});
