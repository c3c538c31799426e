/** Fault model: commits reach the -wal, and writing them back into the file fails each time. SQLite passes over it, so the -wal grows. */

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN } from '../support/cli.ts';
import { needs, runProgram, STRACE_PROBE, straceThreads } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { newLedger } from '../support/ledger-cli.ts';

it('an emission whose commits cannot be written back says so once, and loses nothing', async (context) => {
  needs(context, ...STRACE_PROBE);
  // the input compresses to a hundredth, which would never reach the limit
  const ledger = await newLedger('--partitions', '2', '--compression', 'none');
  const input = join(dirname(ledger), 'input.jsonl');
  // the limit is four times what is written back at once: 33 MB
  const lines = 36 * 1024;
  writeFileSync(input, `${JSON.stringify({ pad: 'x'.repeat(1012) })}\n`.repeat(lines));
  const log = join(dirname(ledger), 'strace.log');
  // of this file alone, so every commit succeeds
  const faults = ['-P', ledger, '-e', 'trace=fsync', '-e', 'inject=fsync:error=EIO'];
  const emit = await runProgram('strace', [
    ...straceThreads(),
    '-o',
    log,
    ...faults,
    process.execPath,
    BIN,
    'emit',
    input,
    '--json',
    '--ledger',
    ledger,
  ]);
  expect(emit.code, emit.stderr).toBe(0);
  const report = JSON.parse(emit.stdout.toString('utf8'));
  expect(report).toMatchObject({
    events: lines,
    warnings: [{ code: 'WAL_GROWING', hint: 'look at the disk and its free space' }],
  });
  expect(emit.stderr).toMatch(
    /^warning: .*events\.codex: \d+ MB of commits wait in the -wal .*: an I\/O error \(SQLITE_IOERR_FSYNC\); look at the disk and its free space\n$/,
  );
  expect(await expectSoundLedger(ledger)).toHaveLength(lines);
});
