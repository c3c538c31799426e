/** The command `backup`: its report, what it refuses, and the ledger that it makes. */

import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { type CliResult, finished, runCli, startCli } from '../support/cli.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { largeLedgers, largeLine } from '../support/large-ledger.ts';
import {
  earthquakeLedger,
  expectFailure,
  fileIn,
  newLedger,
  numbers,
  replayed,
  succeed,
} from '../support/ledger-cli.ts';
import { rawContent } from '../support/raw-ledger.ts';
import { hasTerminal, plainLines, runOnTerminal } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';

const LINES = 60_000;
const largeLedger = largeLedgers(LINES);

async function headOf(ledger: string): Promise<string> {
  const { stdout } = await succeed(['inspect', '--json', '-l', ledger]);
  return (JSON.parse(stdout.toString()) as { head: string }).head;
}

async function backUp(ledger: string, file: string): Promise<{ path: string; head: string; events: number }> {
  const { stdout } = await succeed(['backup', file, '--json', '-l', ledger]);
  return JSON.parse(stdout.toString()) as { path: string; head: string; events: number };
}

test('copies everything, groups and pins too, and reports the head of the copy', async () => {
  const ledger = await earthquakeLedger('--compression', 'none');
  await succeed(['tail', '-l', ledger, '--group', 'g', '-e', '-c', '5']);
  const copy = join(tempDir(), 'copy.codex');
  const { stdout, stderr } = await succeed(['backup', copy, '-l', ledger]);
  const head = await headOf(ledger);
  expect(stdout.toString()).toBe(
    `${copy}: 1,707 events in 1 commit (${(statSync(copy).size / 1e6).toFixed(2)} MB), verified; head ${head}\n`,
  );
  expect(stderr).toBe('');
  expect(rawContent(copy)).toBe(rawContent(ledger));
  expect(await expectSoundLedger(copy)).toHaveLength(1707);
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(readdirSync(dirname(copy))).toEqual(['copy.codex']);
});

test('names the segments that belong to the copy', async () => {
  const ledger = await newLedger('--time', 't');
  const half = (from: number) =>
    Array.from({ length: 5 }, (_, n) => `{"t":"2026-04-${from + n}T00:00:00Z"}\n`).join('');
  for (const from of [10, 20]) await succeed(['emit', '-q', '-l', ledger], { input: half(from) });
  await succeed(['tail', '-l', ledger, '--group', 'g', '-e', '--from', 'start']);
  await succeed(['archive', '-l', ledger, '--until', '2026-04-20', '--yes']);
  const [name] = readdirSync(`${ledger}.archive`);
  const { size } = statSync(join(`${ledger}.archive`, name as string));
  const { stderr } = await succeed(['backup', join(tempDir(), 'copy.codex'), '-l', ledger]);
  expect(stderr).toBe(
    `not in it: 1 segment of archived history (${(size / 1000).toFixed(1)} kB); copy once what is in ${ledger}.archive\n`,
  );
  const copy = join(tempDir(), 'copy.codex');
  const { stdout, stderr: silence } = await succeed(['backup', copy, '--json', '-l', ledger]);
  expect(JSON.parse(stdout.toString())).toMatchObject({ segments: [{ file: name, bytes: size }] });
  expect(silence).toBe('');
  // as the message says
  cpSync(`${ledger}.archive`, `${copy}.archive`, { recursive: true });
  expect(await replayed(copy)).toBe(half(10) + half(20));
  // where the segments are not at hand, a backup needs them as little
  rmSync(`${ledger}.archive`, { recursive: true });
  expect((await succeed(['backup', join(tempDir(), 'copy.codex'), '-l', ledger])).stdout.toString()).toContain(
    ': 5 events in 1 commit',
  );
});

test('--json has path, uuid, head, counts, bytes, segments and what is incomplete', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: numbers(1, 3) });
  const copy = join(tempDir(), 'copy.codex');
  const { stdout } = await succeed(['backup', copy, '--json', '-l', ledger]);
  const { uuid } = JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()) as {
    uuid: string;
  };
  expect(JSON.parse(stdout.toString())).toEqual({
    path: copy,
    uuid,
    head: await headOf(ledger),
    events: 3,
    commits: 1,
    bytes: statSync(copy).size,
    segments: [],
    incomplete: [],
  });
});

test('a copy can be put where the ledger was, and goes on; of two that both grew, a head shows which is which', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: numbers(1, 3) });
  const copy = join(tempDir(), 'copy.codex');
  const { head } = await backUp(ledger, copy);
  // without a -wal beside it, it can be read on media that cannot be written
  const db = new Database(copy, { readonly: true });
  expect(db.pragma('journal_mode', { simple: true })).toBe('delete');
  db.close();
  await succeed(['emit', '-l', copy], { input: numbers(4, 5) });
  expect(await replayed(copy)).toBe(numbers(1, 5));
  await succeed(['emit', '-l', ledger], { input: numbers(6, 9) });
  for (const each of [ledger, copy]) await succeed(['inspect', '--expect-head', head, '-l', each]);
  const result = await runCli(['inspect', '--verify', '--expect-head', await headOf(copy), '-l', ledger]);
  expectFailure(result, 3, 'the ledger has another history');
});

test('an empty ledger has a backup, too', async () => {
  const ledger = await newLedger();
  const copy = join(tempDir(), 'copy.codex');
  const { stdout } = await succeed(['backup', copy, '-l', ledger]);
  expect(stdout.toString()).toContain(`: 0 events in 0 commits (262.1 kB), verified; head ${await headOf(ledger)}`);
});

/** An emitter that is fed as fast as it reads, until it is stopped. */
function emitting(ledger: string): { readonly isOver: () => boolean; stop(): Promise<CliResult> } {
  const emit = startCli(['emit', '-l', ledger]);
  killAfterTest(emit);
  const result = finished(emit);
  const piece = Array.from({ length: 500 }, (_, n) => `${largeLine(n)}\n`).join('');
  let isStopped = false;
  const feed = (error?: Error | null): void => {
    // one piece more, which is certainly committed after all that came before the end
    if (isStopped) emit.stdin.end(piece);
    else if (!error) emit.stdin.write(piece, feed);
  };
  feed();
  return {
    isOver: () => emit.exitCode !== null || emit.signalCode !== null,
    stop: () => {
      isStopped = true;
      return result;
    },
  };
}

test('beside an emitter at full speed it ends, and the live ledger extends its head', async () => {
  for (let round = 0; round < quick(1, 10); round++) {
    const ledger = await largeLedger();
    const emitter = emitting(ledger);
    await until(async () => emitter.isOver() || Number((await headOf(ledger)).split(':')[0]) > LINES);
    const { head, events } = await backUp(ledger, join(tempDir(), 'copy.codex'));
    expect(events).toBeGreaterThan(LINES);
    expect(await emitter.stop()).toMatchObject({ code: 0 });
    expect(Number((await headOf(ledger)).split(':')[0]), 'nothing was committed beside it').toBeGreaterThan(events);
    await succeed(['inspect', '--expect-head', head, '-l', ledger]);
  }
});

test.each<readonly [what: string, prepare: (path: string) => void]>([
  ['a file', (path) => writeFileSync(path, 'precious')],
  ['a directory', (path) => mkdirSync(path)],
  ['a link that leads nowhere', (path) => symlinkSync('nowhere', path)],
])('%s that is there is never overwritten: 73', async (_, prepare) => {
  const ledger = await newLedger();
  const directory = tempDir();
  const copy = join(directory, 'copy.codex');
  prepare(copy);
  expectFailure(await runCli(['backup', copy, '-l', ledger]), 73, `${copy} exists already`);
  expect(readdirSync(directory)).toEqual(['copy.codex']);
});

test.each(['-wal', '-shm', '-journal'])('a %s that was left at the place of the copy is refused: 73', async (end) => {
  const ledger = await newLedger();
  const copy = join(tempDir(), 'copy.codex');
  writeFileSync(copy + end, '');
  const result = await runCli(['backup', copy, '-l', ledger]);
  expectFailure(result, 73, `${copy}${end} exists already, and SQLite would apply it to ${copy}`);
});

test('the ledger itself is refused by each of its names: 2', async () => {
  const ledger = await newLedger();
  const link = join(tempDir(), 'link.codex');
  symlinkSync(ledger, link);
  for (const file of [ledger, link, join(dirname(ledger), '.', basename(ledger))])
    expectFailure(await runCli(['backup', file, '-l', ledger]), 2, `'${file}' is the ledger itself`);
  expectFailure(await runCli(['backup', `${ledger}-wal`, '-l', ledger]), 2, 'cannot name a ledger');
  expectFailure(await runCli(['backup', '', '-l', ledger]), 2, 'cannot name a ledger');
});

test('a missing directory is 73, a file for a directory too; a missing ledger 66; no file named 2', async () => {
  const ledger = await newLedger();
  const missing = join(tempDir(), 'missing', 'copy.codex');
  const result = await runCli(['backup', missing, '-l', ledger]);
  expectFailure(result, 73, `cannot create ${missing}: ENOENT`);
  expect(result.stderr).toContain('make the directory first');
  const below = join(fileIn(tempDir(), 'file', ''), 'copy.codex');
  expectFailure(await runCli(['backup', below, '-l', ledger]), 73, `cannot create ${below}: ENOTDIR`);
  const copy = join(tempDir(), 'copy.codex');
  expectFailure(await runCli(['backup', copy, '-l', `${ledger}.none`]), 66, 'there is no ledger');
  expect(existsSync(copy)).toBe(false);
  expectFailure(await runCli(['backup', '-l', ledger]), 2, 'file');
});

test('a corrupt ledger is not copied: the copy is not sound, and the ledger is named', async () => {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-l', ledger], { input: numbers(1, 3) });
  const db = new Database(ledger);
  db.exec("UPDATE p0 SET body = CAST(replace(CAST(body AS TEXT), '2]', '7]') AS BLOB)");
  db.close();
  const directory = tempDir();
  const result = await runCli(['backup', join(directory, 'copy.codex'), '-l', ledger]);
  expectFailure(result, 3, 'no backup was made: the copy is not sound: the commit at sequence 1 is corrupt');
  expect(result.stderr).toContain(`completengine inspect --verify --ledger ${ledger}`);
  expect(readdirSync(directory)).toEqual([]);
});

test.runIf(hasTerminal)('on a terminal a bar does not disturb the report', async () => {
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const written = await runOnTerminal('completengine backup "$copy" -l "$ledger"', { variables: { ledger, copy } });
  expect(plainLines(written).filter((line) => line.includes('verified; head'))).toHaveLength(1);
});
