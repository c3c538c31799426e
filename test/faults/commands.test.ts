/** Fault model: commands of `--exec` that leave others behind, and those for which no descriptor is left. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BIN, runCli } from '../support/cli.ts';
import { needs, runProgram, STRACE_PROBE } from '../support/fault-tools.ts';
import { newLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

async function ledgerOfOne(): Promise<string> {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: '{"n":1}\n' });
  return ledger;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a command that leaves a daemon behind, with its standard error open, does not keep tail from its end', { timeout: 20_000 }, async () => {
  const ledger = await ledgerOfOne();
  const pidFile = join(tempDir(), 'pid');
  const daemon = `sleep 30 > /dev/null & echo $! > '${pidFile}'`;
  const tail = spawn(process.execPath, [BIN, 'tail', '-l', ledger, '-g', 'g', '-e', '--exec', daemon], { stdio: 'ignore' });
  const code = await new Promise((resolve) => tail.on('exit', resolve));
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const wasAlive = isAlive(pid);
  process.kill(pid, 'SIGKILL');
  expect({ code, wasAlive }).toEqual({ code: 0, wasAlive: true });
});

test.for([
  ['tail', ['-g', 'g', '-e']],
  ['replay', ['-q']],
] as const)(
  'without a file descriptor left for a command %s says so in one line, and nothing is parked',
  { timeout: 20_000 },
  async ([verb, args], context) => {
    needs(context, ...STRACE_PROBE);
    const ledger = await ledgerOfOne();
    const log = join(tempDir(), 'strace.log');
    const inject = ['-f', '-qq', '-o', log, '-e', 'trace=socketpair', '-e', 'inject=socketpair:error=EMFILE'];
    const { code, stderr } = await runProgram('strace', [...inject, process.execPath, BIN, verb, '-l', ledger, ...args, '--exec', 'cat']);
    expect(stderr).toMatch(/^error: the command .*EMFILE/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(69);
    expect(readFileSync(log, 'utf8')).toContain('INJECTED');
    const { stdout } = await runCli(['inspect', '--groups', '--json', '-l', ledger]);
    for (const group of (JSON.parse(stdout.toString()) as { groups: unknown[] }).groups) expect(group).toMatchObject({ lag: 1, parked: 0 });
  },
);
