import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectFailure, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

async function inspected(ledger: string) {
  return JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString());
}

test('creates ./events.codex and prints its settings', async () => {
  const cwd = tempDir();
  const { stdout, stderr } = await succeed(['init'], { cwd, env: { ...process.env, COMPLETENGINE_LEDGER: undefined } });
  expect(stderr).toBe('');
  expect(stdout.toString()).toMatch(/^.*\/events\.codex: hash over 8 partitions, head 0:[0-9a-f]{64}\n$/);
  expect(existsSync(join(cwd, 'events.codex'))).toBe(true);
});

test('a ledger has mode 0600, WAL, full durability and our application id', async () => {
  const ledger = await newLedger();
  expect(statSync(ledger).mode & 0o777).toBe(0o600);
  const db = new Database(ledger, { readonly: true });
  expect(db.pragma('application_id', { simple: true })).toBe(0x43444558);
  expect(db.pragma('user_version', { simple: true })).toBe(1);
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  db.close();
  expect((await inspected(ledger)).storage.settings).toMatchObject({ synchronous: 2, page_size: 16384 });
});

test('--partitions accepts a number or names', async () => {
  const names = async (spec: string) =>
    (await inspected(await newLedger('--partitions', spec))).partitions.map(({ name }: { name: string }) => name);
  expect(await names('3')).toEqual(['p0', 'p1', 'p2']);
  expect(await names('herring,cod,squid.2_b-1')).toEqual(['herring', 'cod', 'squid.2_b-1']);
  expect(await names('256')).toHaveLength(256);
});

test('--routing, --time, --unique, --durability, --determinism and --max-line are stored', async () => {
  const ledger = await newLedger(
    ...['--routing', 'manual:shoal', '--partitions', 'herring,cod', '--time', 'meta.at', '--unique', 'meta.id'],
    ...['--durability', 'normal', '--determinism', 'relaxed', '--max-line', '5000', '--compression', 'none'],
  );
  expect(await inspected(ledger)).toMatchObject({
    config: {
      time: 'meta.at',
      unique: 'meta.id',
      durability: 'normal',
      determinism: 'relaxed',
      lineBytesMax: 5000,
      compression: 'none',
    },
    epochs: [{ rule: 'manual:shoal', partitions: ['herring', 'cod'] }],
    storage: { durability: 'normal', settings: { synchronous: 1 } },
  });
  await succeed(['emit', '-l', ledger], { input: '{"shoal":"cod","meta":{"at":1,"id":"a"}}\n' });
  expect(await replayed(ledger, '-p', 'cod')).toContain('"id":"a"');
});

test('--json prints what inspect --json prints', async () => {
  const ledger = join(tempDir(), 'events.codex');
  const { stdout } = await succeed(['init', '--json', '--time', 'at', '-l', ledger]);
  expect(JSON.parse(stdout.toString())).toEqual(await inspected(ledger));
});

test('refuses an existing ledger with 73, and does not change it', async () => {
  const ledger = await newLedger('--partitions', '2');
  await succeed(['emit', '-l', ledger], { input: '1\n' });
  const before = readFileSync(ledger);
  expectFailure(await runCli(['init', '-l', ledger]), 73, `${ledger} exists already`);
  expect(readFileSync(ledger).equals(before)).toBe(true);
  expect(await replayed(ledger)).toBe('1\n');
});

test('uses an empty file, as left by an interrupted init', async () => {
  const ledger = join(tempDir(), 'events.codex');
  writeFileSync(ledger, '', { mode: 0o600 });
  await succeed(['init', '-l', ledger]);
  expect((await inspected(ledger)).events).toBe(0);
});

test('of several concurrent inits of one path one succeeds, and the others report that it exists', async () => {
  const ledger = join(tempDir(), 'events.codex');
  const runs = await Promise.all([1, 2, 3, 4].map(() => runCli(['init', '-l', ledger])));
  expect(runs.map(({ code }) => code).sort()).toEqual([0, 73, 73, 73]);
  await succeed(['inspect', '--verify', '-l', ledger]);
});

test.each([
  ['--routing', 'foo:x', "'foo:x' is not a routing"],
  ['--routing', 'manual', "'manual' is not a routing"],
  ['--routing', 'hash:', 'is not a field path'],
  ['--routing', 'hash:a..b', "'a..b' is not a field path"],
  ['--partitions', '0', '0 partitions are out of range'],
  ['--partitions', '257', '257 partitions are out of range'],
  ['--partitions', 'Herring', "invalid partition name 'Herring'"],
  ['--partitions', 'a,,b', "invalid partition name ''"],
  ['--partitions', 'a,b,a', "'a' is named twice"],
  ['--partitions', '-1', 'invalid partition name'],
  ['--time', 'a..b', "'a..b' is not a field path"],
  ['--unique', '.id', "'.id' is not a field path"],
  ['--max-line', '0', "--max-line: '0' is not a size"],
  ['--max-line', '999999999999', 'is out of range'],
  ['--durability', 'half', "--durability: 'half' is not"],
  ['--determinism', 'loose', "--determinism: 'loose' is not"],
])('refuses %s %s and makes no file', async (flag, value, fact) => {
  const ledger = join(tempDir(), 'events.codex');
  expectFailure(await runCli(['init', '-l', ledger, `${flag}=${value}`]), 2, fact);
  expect(existsSync(ledger)).toBe(false);
});
