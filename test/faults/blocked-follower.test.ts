/** A follower whose pipe is full and is not read: it holds what its capacity allows, and pins nothing of the ledger. */

import { readFileSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { startCli } from '../support/cli.ts';
import { newLedger } from '../support/ledger-cli.ts';
import { isSoak, quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';

const MEGABYTES = quick(20, 100);

function residentMegabytes(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

test.runIf(process.platform === 'linux').each([
  ['follows', ['-f', '-n', '0']],
  ['is a member of a group', ['--group', 'g']],
])('one that %s while much is committed', async (_, args) => {
  const ledger = await newLedger();
  const follower = startCli(['tail', '-l', ledger, ...args]);
  onTestFinished(() => {
    follower.kill('SIGKILL');
  });
  // a pipe that nobody reads: what is written stays in it
  follower.stdout.pause();
  const engine = await Completengine.open({ ledger });
  let hasBegun = false;
  follower.stdout.once('readable', () => {
    hasBegun = true;
  });
  // it delivers only events after its own start
  await until(async () => {
    await engine.emit({ n: 0 });
    return hasBegun;
  });
  const before = residentMegabytes(follower.pid as number);

  const line = `${JSON.stringify({ pad: 'x'.repeat(990) })}\n`;
  const chunk = line.repeat(1000);
  let walBytesMax = 0;
  async function* lines() {
    for (let bytes = 0; bytes < MEGABYTES * 1e6; bytes += chunk.length) {
      yield chunk;
      walBytesMax = Math.max(walBytesMax, statSync(`${ledger}-wal`).size);
    }
  }
  const report = await engine.emit(lines());
  await engine.close();
  expect(report.bytes).toBeGreaterThan(MEGABYTES * 0.9e6);
  expect(walBytesMax).toBeLessThan(64e6);
  // all of the -wal is written back beside it, and that waits for every process that still reads from it
  const db = new Database(ledger, { timeout: 60_000 });
  const [outcome] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  db.close();
  expect(outcome).toMatchObject({ busy: 0 });
  expect(follower.exitCode).toBeNull();
  // how much a process holds depends on the machine
  if (isSoak) expect(residentMegabytes(follower.pid as number) - before).toBeLessThan(80);
});
