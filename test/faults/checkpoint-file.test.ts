/**
 * Fault model: the process that appends a checkpoint is killed at any call, after half of what it writes, or the call fails. What was committed is stored,
 * the checkpoints before it are whole, and the next run goes on.
 */

import { chmodSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/cli/app/exit-codes.ts';
import { runCli, spawnCli } from '../support/cli.ts';
import { FAULTS, FaultShim, SHIM_PROBE } from '../support/fault-shim.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { fileIn, newLedger, succeed } from '../support/ledger-cli.ts';
import { keyFiles } from '../support/signing-keys.ts';
import { runTraced } from '../support/system-calls.ts';
import { tempDir } from '../support/temp-dir.ts';

let shim: FaultShim | undefined;
afterAll(() => shim?.close());

test.for(FAULTS)('%s at each call of an append', async (fault, context) => {
  needs(context, ...SHIM_PROBE);
  shim ??= new FaultShim();
  const keys = keyFiles(tempDir(), 'log');
  const input = fileIn(tempDir(), 'input', '1\n');
  for (let at = 1; ; at++) {
    const directory = realpathSync(tempDir());
    const [ledger, file] = [await newLedger(), join(directory, 'checkpoints')];
    const emit = ['emit', '-q', input, '-l', ledger, '--checkpoint', file, '--sign', keys.key];
    const verify = ['inspect', '--verify', '-l', ledger, '--checkpoint', file, '--public-key', keys.publicKey];
    await succeed(emit);
    const failed = await shim.run(emit, directory, { fault, at });
    if (failed.injected === 0) {
      expect(at, 'calls of the append').toBeGreaterThan(2);
      break;
    }
    if (fault === 'kill') expect(failed.signal).toBe('SIGKILL');
    else
      expect([failed.code, failed.stderr]).toEqual([
        EXIT_CODES.IO_FAILED,
        expect.stringContaining('the checkpoint cannot be written'),
      ]);
    const proven = await runCli(verify);
    expect([proven.code, proven.stderr]).toEqual([0, '']);
    expect(proven.stdout.toString()).toMatch(/^OK: 2 events .* extends [12] signed checkpoint/);
    await succeed(emit);
    expect((await runCli(verify)).stdout.toString()).toMatch(
      /^OK: 3 events .* extends [23] signed checkpoints, [^;]*\n$/,
    );
  }
});

test('the first checkpoint is synced before it has its name, and the mark of each is written after it is synced', async (context) => {
  needs(context, ...STRACE_PROBE);
  const directory = realpathSync(tempDir());
  const { key } = keyFiles(directory, 'log');
  const [ledger, file] = [await newLedger(), join(directory, 'checkpoints')];
  const sign = ['inspect', '-l', ledger, '--sign', key, '--checkpoint', file];
  const names = ['write', 'fsync', 'rename', 'ftruncate'];
  const callsOf = async (isOurs: (file: string) => boolean) => {
    const { code, calls } = await runTraced(names, [], sign);
    expect(code).toBe(0);
    return calls.filter((call) => isOurs(call.file));
  };
  const isOfDirectory = (name: string): boolean => name === basename(directory);
  const first = await callsOf((name) => name.startsWith('.') || name === 'checkpoints' || isOfDirectory(name));
  expect(first.map(({ name }) => name)).toEqual(['write', 'fsync', 'rename', 'fsync']);
  const second = await callsOf((name) => name === 'checkpoints');
  expect(second.map(({ name }) => name)).toEqual(['write', 'fsync', 'write', 'fsync']);
  expect(second[2]?.text).toContain(String.raw`"\n\n", 2`);
});

const NOBODY = 65_534;

test('an empty file in a directory that one may not write is appended to', async (context) => {
  if (process.getuid?.() !== 0) context.skip('only root can become another user');
  const ledger = await newLedger();
  const directory = tempDir();
  const keys = keyFiles(directory, 'log');
  const file = fileIn(directory, 'checkpoints', '');
  for (const [path, mode] of [
    [ledger, 0o644],
    [dirname(ledger), 0o755],
    [directory, 0o755],
    [keys.key, 0o644],
    [file, 0o666],
  ] as const)
    chmodSync(path, mode);
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  const sign = ['inspect', '-l', ledger, '--sign', keys.key, '--checkpoint', file];
  for (const _ of [1, 2]) {
    const { code, stderr } = await spawnCli(sign, { uid: NOBODY, gid: NOBODY, env });
    expect(code, stderr).toBe(0);
  }
  const verify = ['inspect', '-l', ledger, '--verify', '--checkpoint', file, '--public-key', keys.publicKey];
  expect((await succeed(verify)).stdout.toString()).toContain('extends 2 signed checkpoints');
});
