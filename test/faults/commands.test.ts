/** Fault model: commands of `--exec` that leave others behind, and those for which no descriptor is left. */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BIN, runCli } from '../support/cli.ts';
import { killAfterTest, needs, runProgram, STRACE_PROBE, straceThreads } from '../support/fault-tools.ts';
import { newLedger, succeed } from '../support/ledger-cli.ts';
import { hasGroup } from '../support/process-group.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

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

test('a command that leaves a daemon behind, with its standard error open, does not keep tail from its end', async () => {
  const ledger = await ledgerOfOne();
  const pidFile = join(tempDir(), 'pid');
  // longer than a test may take
  const daemon = `sleep 1800 > /dev/null & echo $! > '${pidFile}'`;
  const tail = spawn(process.execPath, [BIN, 'tail', '-l', ledger, '-g', 'g', '-e', '--exec', daemon], {
    stdio: 'ignore',
  });
  killAfterTest(tail);
  const pid = () => Number(readFileSync(pidFile, 'utf8'));
  onTestFinished(() => {
    if (existsSync(pidFile)) process.kill(pid(), 'SIGKILL');
  });
  const code = await new Promise((resolve) => tail.on('exit', resolve));
  expect({ code, isAlive: isAlive(pid()) }).toEqual({ code: 0, isAlive: true });
});

test.for([
  ['tail', ['-g', 'g', '-e']],
  ['replay', ['-q']],
] as const)(
  'without a file descriptor left for a command %s says so in one line, and nothing is parked',
  async ([verb, args], context) => {
    needs(context, ...STRACE_PROBE);
    const ledger = await ledgerOfOne();
    const log = join(tempDir(), 'strace.log');
    const inject = [...straceThreads(), '-o', log, '-e', 'trace=socketpair', '-e', 'inject=socketpair:error=EMFILE'];
    const { code, stderr } = await runProgram('strace', [
      ...inject,
      process.execPath,
      BIN,
      verb,
      '-l',
      ledger,
      ...args,
      '--exec',
      'cat',
    ]);
    expect(stderr).toMatch(/^error: the command .*EMFILE/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(69);
    expect(readFileSync(log, 'utf8')).toContain('INJECTED');
    const { stdout } = await runCli(['group', '--json', '-l', ledger]);
    for (const group of (JSON.parse(stdout.toString()) as { groups: unknown[] }).groups)
      expect(group).toMatchObject({ lag: 1, parked: 0 });
  },
);

test.for([
  ['ends when it is asked to', 'sleep 1800 & sleep 1800'],
  ['does not listen', 'trap "" TERM; sleep 1800 & sleep 1800; sleep 1800'],
] as const)(
  'a command that %s is ended with all it has started when its tail is killed with -9',
  async ([, command]) => {
    const ledger = await ledgerOfOne();
    const pidFile = join(tempDir(), 'pid');
    // a command gets its input when it is watched over, not before
    const started = `read -r line; echo $$ > '${pidFile}.new'; mv '${pidFile}.new' '${pidFile}'`;
    const tail = spawn(process.execPath, [BIN, 'tail', '-l', ledger, '-g', 'g', '--exec', `${started}; ${command}`], {
      stdio: 'ignore',
    });
    killAfterTest(tail);
    await until(() => existsSync(pidFile));
    const leader = Number(readFileSync(pidFile, 'utf8'));
    onTestFinished(() => void endGroup(leader));
    expect(hasGroup(leader)).toBe(true);
    tail.kill('SIGKILL');
    await until(() => !hasGroup(leader));
  },
);

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // it has ended, as it should
  }
}
