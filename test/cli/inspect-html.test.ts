import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { earthquakeLedger, expectFailure, newLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

test('writes one page whole, in place of the one before, for its owner alone', async () => {
  const ledger = await earthquakeLedger();
  const directory = tempDir();
  const file = join(directory, 'page.html');
  writeFileSync(file, 'an older page');
  const { stdout, stderr } = await succeed(['inspect', '-l', ledger, '--html', file]);
  expect(stdout.toString()).toBe('');
  expect(stderr).toMatch(/^.*page\.html: [\d.]+ kB, one page without scripts or network\n$/);
  const page = readFileSync(file, 'utf8');
  expect(page.startsWith('<!doctype html>')).toBe(true);
  expect(page.endsWith('</html>\n')).toBe(true);
  expect(page).toContain('1,707 events over 7 d in 8 partitions.');
  expect(page).not.toMatch(/<script|<img|<link|style="|https?:\/\/(?!earthquake|www\.w3)/);
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readdirSync(directory)).toEqual(['page.html']);
});

test('- is standard output', async () => {
  const ledger = await newLedger();
  const { stdout } = await succeed(['inspect', '-l', ledger, '--html', '-']);
  const page = stdout.toString();
  expect(page).toContain('No events yet; 8 partitions wait for them.');
  expect(page).toContain('Nothing calls for attention.');
  expect(page.endsWith('</html>\n')).toBe(true);
});

test('refuses what it cannot or must not write, and leaves it as it is', async () => {
  const ledger = await newLedger();
  const directory = tempDir();
  const link = join(directory, 'link.html');
  symlinkSync(ledger, link);
  mkdirSync(join(directory, 'folder'));
  const before = readFileSync(ledger);
  const refused: [string[], number, RegExp][] = [
    [['--html', ledger], 2, /is the ledger itself/],
    [['--html', link], 2, /is the ledger itself/],
    [['--html', `${ledger}-wal`], 2, /is part of the ledger/],
    [['--html', join(directory, 'folder')], 2, /is not a regular file/],
    [['--html', '/dev/null'], 2, /is not a regular file/],
    [['--html', ''], 2, /needs the name of a file/],
    [['--html', join(directory, 'none', 'page.html')], 73, /cannot be written: ENOENT/],
    [['--html', join(directory, 'page.html'), '--watch'], 2, /--html/],
    [['--html', join(directory, 'page.html'), '--timeline'], 2, /--html|--timeline/],
  ];
  for (const [args, code, fact] of refused) expectFailure(await runCli(['inspect', '-l', ledger, ...args]), code, fact);
  const asJson = await runCli(['inspect', '-l', ledger, '--json', '--html', join(directory, 'page.html')]);
  expect(asJson.code).toBe(2);
  expect(asJson.stderr + asJson.stdout.toString()).toContain('--html and --json cannot be combined');
  expect(readFileSync(ledger).equals(before)).toBe(true);
  expect(readdirSync(directory).sort()).toEqual(['folder', 'link.html']);
});

test('of a broken chain it says so, is written, and fails', async () => {
  const ledger = await earthquakeLedger();
  const db = new Database(ledger);
  db.exec('UPDATE commits SET committed_at = committed_at + 1 WHERE first_sequence = 1');
  db.close();
  const file = join(tempDir(), 'page.html');
  const result = await runCli(['inspect', '-l', ledger, '--html', file]);
  expect(result.code).toBe(3);
  expect(result.stderr).toContain('sequence 1');
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('NOT sound: the chain is broken.');
  expect(page).toContain('The chain is broken');
});

test('an expected head that the ledger does not extend is on the page, too', async () => {
  const ledger = await newLedger();
  const file = join(tempDir(), 'page.html');
  const head = `7:${'ab'.repeat(32)}`;
  const result = await runCli(['inspect', '-l', ledger, '--html', file, '--expect-head', head]);
  expect(result.code).toBe(3);
  expect(readFileSync(file, 'utf8')).toContain('NOT sound');
});

test.each([
  ['dropped', ['--drop']],
  ['moved to a place that is not at hand', ['--to', '.']],
])('a report begins at the first event that is left of %s history, and says so', async (_, how) => {
  const ledger = await newLedger('--time', 'at', '--partitions', '1');
  for (const day of ['01', '02', '03', '04']) {
    const input = `{"at":"2026-01-${day}T00:00:00Z"}\n{"at":"2026-01-${day}T12:00:00Z"}\n`;
    await succeed(['emit', '-q', '-l', ledger], { input });
  }
  await succeed(['archive', '--until', '2026-01-03', ...how, '--yes', '-l', ledger], { cwd: tempDir() });
  const timeline = JSON.parse((await succeed(['inspect', '-l', ledger, '--timeline'])).stdout.toString());
  expect(timeline).toMatchObject({ events: 8, from: 5, firstTime: '2026-01-03T00:00:00.000000Z' });
  expect(timeline.buckets[0]).toMatchObject({ from: '2026-01-03T00:00:00.000000Z', events: 1 });
  const page = (await succeed(['inspect', '-l', ledger, '--html', '-'])).stdout.toString();
  expect(page).toContain('4 of 8 events over 1 d 12 h in 1 partition, from sequence 5 on.');
});

test('--timeline in a pipe is one document with a bucket for each bar', async () => {
  const ledger = await earthquakeLedger();
  const piped = JSON.parse((await succeed(['inspect', '-l', ledger, '--timeline'])).stdout.toString());
  const asked = JSON.parse((await succeed(['inspect', '-l', ledger, '--timeline', '--json'])).stdout.toString());
  expect({ ...asked, at: piped.at }).toEqual(piped);
  expect(piped).toMatchObject({ events: 1707, from: 1, bucketMs: 7_200_000, late: { examined: 1707, events: 0 } });
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  expect(sum(piped.buckets.map(({ events }: { events: number }) => events))).toBe(1707);
  for (const { events, partitions } of piped.buckets) expect(sum(partitions)).toBe(events);
});
