/**
 * Fault model: a backup is killed, interrupted, or met by a disk that is full or fails, at any write. Under its name there is a sound copy or nothing, and
 * the ledger goes on.
 */

import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN, runCli, spawnCli } from '../support/cli.ts';
import { needs, SMALL_DISK_PROBE, SmallDisk, STRACE_PROBE } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { largeLedgers } from '../support/large-ledger.ts';
import { expectFailure, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { runTraced } from '../support/system-calls.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { spread, traced, wasKilled } from '../support/traced.ts';

const LINES = quick(5000, 10_000);
const NOBODY = 65534;
const largeLedger = largeLedgers(LINES);

/** Numbers of the calls at which something happens: of the pages that the copy consists of, among others the last ones. */
async function writesOf(ledger: string, count: number): Promise<number[]> {
  const { calls } = await traced(join(tempDir(), 'log'), 'pwrite64', null, [
    'backup',
    join(tempDir(), 'copy.codex'),
    '-l',
    ledger,
  ]);
  expect(calls.length, 'the copy was not written by this call').toBeGreaterThan(20);
  return spread(count, calls.length);
}

it('killed at any write it leaves nothing under its name, and the next one is made', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await largeLedger();
  let kills = 0;
  for (const when of await writesOf(ledger, quick(2, 20))) {
    const copy = join(tempDir(), 'copy.codex');
    const args = ['backup', copy, '-l', ledger];
    const result = await traced(join(tempDir(), 'log'), 'pwrite64', `signal=KILL:when=${when}`, args);
    if (wasKilled(result)) kills++;
    if (wasKilled(result)) expect(existsSync(copy)).toBe(false);
    else expect(await expectSoundLedger(copy)).toHaveLength(LINES);
    const rest = readdirSync(dirname(copy)).filter((name) => name !== basename(copy));
    for (const name of rest) expect(name).toMatch(/^copy\.codex\.incomplete-[0-9a-f-]{36}(-journal|-wal|-shm)?$/);
    if (existsSync(copy)) continue;
    await succeed(['backup', copy, '-l', ledger]);
    expect(await expectSoundLedger(copy)).toHaveLength(LINES);
  }
  expect(kills, 'none was killed').toBeGreaterThan(0);
  expect(await expectSoundLedger(ledger)).toHaveLength(LINES);
});

it.each([
  ['INT', 130],
  ['TERM', 143],
] as const)('ended by SIG%s it leaves nothing at all and exits with %i', async (signal, code) => {
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const result = await traced(join(tempDir(), 'log'), 'pwrite64', `signal=${signal}:when=15`, [
    'backup',
    copy,
    '-l',
    ledger,
  ]);
  expect(result).toMatchObject({ code, signal: null, stderr: 'interrupted: no backup was made\n' });
  expect(result.stdout.toString()).toBe('');
  expect(readdirSync(dirname(copy))).toEqual([]);
});

it('killed between its two names it is a ledger all the same, and the temporary name goes', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const args = ['backup', copy, '-l', ledger];
  const killed = await runTraced(['link', 'unlink'], ['link:signal=KILL'], args);
  expect(wasKilled(killed)).toBe(true);
  const [temporary = '', ...rest] = readdirSync(dirname(copy));
  expect(rest).toEqual([]);
  expect(temporary).toMatch(/^copy\.codex\.incomplete-/);
  // strace ends a process before its link(), not after it
  linkSync(join(dirname(copy), temporary), copy);
  expectFailure(await runCli(['inspect', '-l', join(dirname(copy), temporary)]), 76, '2 hard links');
  expect(readdirSync(dirname(copy))).toEqual(['copy.codex', temporary]);
  expectFailure(await runCli(args), 73, 'exists already');
  const moved = join(dirname(copy), 'moved.codex');
  renameSync(copy, moved);
  expect((await succeed(['inspect', '--verify', '-l', moved])).stdout.toString()).toMatch(/^OK: /);
  expect(readdirSync(dirname(copy))).toEqual(['moved.codex']);
});

it('an empty file under its name, left where there are no hard links, is not replaced, and the hint says what it is', async () => {
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const killed = await runTraced(
    ['link', 'rename'],
    ['link:error=EPERM', 'rename:signal=KILL'],
    ['backup', copy, '-l', ledger],
  );
  expect(wasKilled(killed)).toBe(true);
  expect(statSync(copy).size).toBe(0);
  const again = await runCli(['backup', copy, '-l', ledger]);
  expectFailure(again, 73, 'exists already');
  expect(again.stderr).toContain('it is empty');
  rmSync(copy);
  expect((await succeed(['backup', copy, '-l', ledger])).stderr).toContain('copy.codex.incomplete-');
});

it('gives the copy its name after the copy is synced, and then syncs the directory', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const { code, calls } = await runTraced(['fsync', 'fdatasync', 'link'], [], ['backup', copy, '-l', ledger]);
  expect(code).toBe(0);
  const isSync = ({ name }: { name: string }) => name !== 'link';
  const named = calls.findIndex(({ name }) => name === 'link');
  const lastSync = calls.findLastIndex((call, at) => at < named && isSync(call));
  expect(calls[lastSync]?.file).toMatch(/^copy\.codex\.incomplete-/);
  expect(calls.slice(named + 1).map(({ file }) => file)).toContain(basename(dirname(copy)));
});

it('on a file system without hard links it takes the name first, and replaces nothing but that', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await largeLedger();
  const copy = join(tempDir(), 'copy.codex');
  const result = await runTraced(['link'], ['link:error=EPERM'], ['backup', copy, '-l', ledger]);
  expect(result.calls.some((call) => call.isInjected)).toBe(true);
  expect(result.code, result.stderr).toBe(0);
  expect(readdirSync(dirname(copy))).toEqual(['copy.codex']);
  expect(statSync(copy)).toMatchObject({ nlink: 1 });
  expect(await expectSoundLedger(copy)).toHaveLength(LINES);
});

it.for(quick([300], [40, 300, 600, 1100, 1300]))(
  'onto a disk of %i KiB it exits with 74, and leaves it empty',
  async (size, context) => {
    needs(context, ...SMALL_DISK_PROBE);
    const ledger = await largeLedger();
    const directory = tempDir();
    const disk = await SmallDisk.mount(directory, `${size}k`);
    const copy = join(directory, 'copy.codex');
    const result = await disk.run(process.execPath, [BIN, 'backup', copy, '-l', ledger]);
    expectFailure(result, 74, /copy\.codex: the disk is full \(SQLITE_FULL\)$/);
    expect(result.stderr).toContain('free some space');
    expect((await disk.run('ls', ['-A', directory])).stdout.toString()).toBe('');
    await disk.resize('64m');
    expect(await disk.run(process.execPath, [BIN, 'backup', copy, '-l', ledger])).toMatchObject({ code: 0 });
  },
);

it('into a directory that one may not write it exits with 73', async (context) => {
  if (process.getuid?.() !== 0) context.skip('only root can become another user');
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-l', ledger], { input: numbers(1, 3) });
  chmodSync(ledger, 0o644);
  chmodSync(dirname(ledger), 0o777);
  const closed = join(tempDir(), 'closed');
  chmodSync(dirname(closed), 0o755);
  mkdirSync(closed, { mode: 0o755 });
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  const copy = join(closed, 'copy.codex');
  const result = await spawnCli(['backup', copy, '-l', ledger], { uid: NOBODY, gid: NOBODY, env });
  expect(result.stdout.toString()).toBe('');
  expect({ code: result.code }, result.stderr).toEqual({ code: 73 });
  expect(result.stderr).toContain(`error: cannot create ${copy}: EACCES\n`);
  expect(readdirSync(closed)).toEqual([]);
});
