/**
 * Fault model: the process that appends a checkpoint is killed at any call, after half of what it writes, or the call fails. What was committed is stored,
 * the checkpoints before it are whole, and the next run goes on.
 */

import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/cli/app/exit-codes.ts';
import { runCli } from '../support/cli.ts';
import { FAULTS, FaultShim, SHIM_PROBE } from '../support/fault-shim.ts';
import { needs } from '../support/fault-tools.ts';
import { fileIn, newLedger, succeed } from '../support/ledger-cli.ts';
import { keyFiles } from '../support/signing-keys.ts';
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
