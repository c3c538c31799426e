/**
 * Fault model: the fsync of a commit fails, and so does writing back at close, or the process is killed. Linux takes the pages for clean although they
 * are not on the disk. What the next process finds in the -wal must be in the database file, and synced, before anything is acknowledged on top of it.
 */

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli, spawnCli } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { expectFailure, newLedger, parseLines } from '../support/ledger-cli.ts';
import { holdSnapshot } from '../support/lock-holder.ts';
import { parseCall, runTraced, type SystemCall } from '../support/system-calls.ts';
import { tempDir } from '../support/temp-dir.ts';

const CALLS = ['fsync', 'pwrite64', 'ftruncate', 'unlink', 'write'] as const;

/** Receipts wait for nothing else, so the first one is the acknowledgement. */
function isReceipt({ name, text }: SystemCall): boolean {
  return name === 'write' && text.includes('{\\"source\\"');
}

/** The last transaction is written again and synced, the database file is written and synced, the -wal truncated, and the new commit synced, in this order and before the first receipt. */
function expectSecured(calls: readonly SystemCall[], file: string): void {
  const acknowledged = calls.findIndex(isReceipt);
  expect(acknowledged, 'no receipt was written').toBeGreaterThanOrEqual(0);
  const steps: [string, string][] = [
    ['pwrite64', `${file}-wal`],
    ['fsync', `${file}-wal`],
    ['pwrite64', file],
    ['fsync', file],
    ['ftruncate', `${file}-wal`],
    ['pwrite64', `${file}-wal`],
    ['fsync', `${file}-wal`],
  ];
  let from = 0;
  for (const [name, of] of steps) {
    const at = calls.findIndex(
      (call, index) => index >= from && index < acknowledged && call.name === name && call.file === of,
    );
    expect(at, `no ${name} of ${of} where it belongs before the first receipt`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
}

/** As the version before wrote them: the commit goes on top of what was recovered, and that is written back at close. */
const ON_TOP_OF_IT = `
10 ftruncate(21</x/events.codex-shm>, 3) = 0
10 pwrite64(20</x/events.codex-wal>, "\\0"..., 24, 65664) = 24
10 pwrite64(20</x/events.codex-wal>, "\\r"..., 16384, 65688) = 16384
10 fsync(20</x/events.codex-wal>) = 0
10 fsync(22</x>) = 0
10 write(1<pipe:[1]>, "{\\"source\\":\\"stdin\\",\\"line\\":1,\\"sequ"..., 106) = 106
10 fsync(20</x/events.codex-wal>) = 0
10 pwrite64(19</x/events.codex>, "\\r"..., 16384, 98304) = 16384
10 fsync(19</x/events.codex>) = 0
10 ftruncate(20</x/events.codex-wal>, 0) = 0
10 unlink("/x/events.codex-wal") = 0`;

it('the check of the order fails for a commit on top of what was recovered', () => {
  const calls = ON_TOP_OF_IT.split('\n')
    .map(parseCall)
    .filter((call) => call !== null);
  expect(calls).toHaveLength(11);
  expect(() => expectSecured(calls, 'events.codex')).toThrow(
    'no pwrite64 of events.codex where it belongs before the first receipt',
  );
});

/** The same for every ledger: as many calls, in the same order. */
let beforeSecondReceipt: readonly SystemCall[] | undefined;

async function callsBefore(inputs: readonly string[]): Promise<readonly SystemCall[]> {
  const twin = await newLedger('--partitions', '2');
  const plain = await runTraced(CALLS, [], ['emit', ...inputs, '--receipts', '--ledger', twin]);
  expect(plain.code, plain.stderr).toBe(0);
  const receipts = plain.calls.flatMap((call, at) => (isReceipt(call) ? [at] : []));
  expect(receipts).toHaveLength(2);
  return plain.calls.slice(0, receipts[1]);
}

type Way = 'fails again' | 'is killed';

/** What a failed emission leaves, by the end of the file's name: the same for every test. */
const left = new Map<Way, ReadonlyMap<string, Buffer>>();

/** A ledger whose second commit was not acknowledged and lies in the -wal. */
async function failedLedger(way: Way): Promise<string> {
  const files = left.get(way) ?? (await failEmission(way));
  left.set(way, files);
  const ledger = join(tempDir(), 'events.codex');
  for (const [end, bytes] of files) writeFileSync(ledger + end, bytes, { mode: 0o600 });
  return ledger;
}

async function failEmission(way: Way): Promise<ReadonlyMap<string, Buffer>> {
  const ledger = await newLedger('--partitions', '2');
  const inputs = [1, 2].map((n) => {
    const path = join(dirname(ledger), `${n}.jsonl`);
    writeFileSync(path, `{"n":${n}}\n`);
    return path;
  });
  const args = ['emit', ...inputs, '--receipts', '--ledger', ledger];
  beforeSecondReceipt ??= await callsBefore(inputs);
  const before = beforeSecondReceipt;
  // the last fsync before the receipt is the commit's
  const nth = before.filter(({ name }) => name === 'fsync').length;
  const writes = before.filter(({ name }) => name === 'pwrite64').length;
  const faults =
    way === 'fails again'
      ? [`fsync:error=EIO:when=${nth}+`]
      : [`fsync:error=EIO:when=${nth}`, `pwrite64:signal=KILL:when=${writes + 1}`];

  const failed = await runTraced(CALLS, faults, args);
  expect(failed.calls.filter(({ isInjected }) => isInjected).length, 'no fault was injected').toBe(
    way === 'fails again' ? 2 : 1,
  );
  if (way === 'fails again') expect(failed.code, failed.stderr).toBe(74);
  else expect(failed.code === 137 || failed.signal === 'SIGKILL', `it ended with ${failed.code}`).toBe(true);
  expect(parseLines(failed.stdout)).toHaveLength(1);
  expect(statSync(`${ledger}-wal`).size, 'nothing was left in the -wal').toBeGreaterThan(32);
  const ends = ['', '-wal', '-shm'].filter((end) => existsSync(ledger + end));
  return new Map(ends.map((end) => [end, readFileSync(ledger + end)]));
}

for (const way of ['fails again', 'is killed'] as const) {
  it(`after a failed fsync and a process that ${way}, the next one writes back and syncs what it recovers before it acknowledges anything`, async (context) => {
    needs(context, ...STRACE_PROBE);
    const ledger = await failedLedger(way);
    const next = await runTraced(CALLS, [], ['emit', '--receipts', '--ledger', ledger], '{"n":3}\n');
    expect(next.code, next.stderr).toBe(0);
    expectSecured(next.calls, 'events.codex');
    expect(parseLines(next.stdout)).toMatchObject([{ sequence: 3 }]);
    expect((await expectSoundLedger(ledger)).map(({ payload }) => payload)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  });
}

it('acknowledges nothing while what it recovers cannot be written back: 74; what only reads works', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await failedLedger('fails again');
  const emit = await runTraced(CALLS, ['fsync:error=EIO'], ['emit', '--receipts', '--ledger', ledger], '{"n":3}\n');
  expect(emit.calls.some(({ isInjected }) => isInjected)).toBe(true);
  expectFailure(emit, 74, /an I\/O error/);
  expect(emit.stdout.toString('utf8')).toBe('');
  const full = await runTraced(
    CALLS,
    ['pwrite64:error=ENOSPC'],
    ['emit', '--receipts', '--ledger', ledger],
    '{"n":3}\n',
  );
  expectFailure(full, 74, /the disk is full/);
  expect(full.stderr).not.toContain('emit again');

  const tail = await runTraced(CALLS, ['fsync:error=EIO'], ['tail', '--ledger', ledger]);
  expect(tail.calls.some(({ isInjected }) => isInjected)).toBe(true);
  expect(tail).toMatchObject({ code: 0, stderr: '' });
  expect(tail.stdout.toString('utf8')).toBe('{"n":1}\n{"n":2}\n');
  expect(await runCli(['emit', '--ledger', ledger], { input: '{"n":3}\n' })).toMatchObject({ code: 0 });
  expect(await expectSoundLedger(ledger)).toHaveLength(3);
});

it('a process that only reads writes back what it recovers too, because it may stay and others rely on it', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await failedLedger('is killed');
  const tail = await runTraced(CALLS, [], ['tail', '--ledger', ledger]);
  expect(tail.code, tail.stderr).toBe(0);
  const order = tail.calls
    .filter(({ file, name }) => file.startsWith('events.codex') && !file.endsWith('-shm') && name !== 'write')
    .map(({ name, file }) => `${name} ${file}`);
  const synced = order.indexOf('fsync events.codex');
  expect(synced, order.join('\n')).toBeGreaterThan(order.indexOf('pwrite64 events.codex'));
  expect(order.indexOf('ftruncate events.codex-wal'), order.join('\n')).toBeGreaterThan(synced);
});

/** Offsets at which the last transaction of a -wal begins and ends: https://sqlite.org/fileformat2.html#walformat. */
function lastTransaction(log: Buffer): { start: number; end: number } {
  const frameBytes = 24 + log.readUInt32BE(8);
  const salts = log.subarray(16, 24);
  const ends: number[] = [];
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes)
    if (log.subarray(at + 8, at + 16).equals(salts) && log.readUInt32BE(at + 4) !== 0) ends.push(at + frameBytes);
  return { start: ends.at(-2) ?? 0, end: ends.at(-1) as number };
}

/** Bytes and offset of a write. */
function writeOf({ text }: SystemCall): { length: number; offset: number } {
  const [, length, offset] = /, (\d+), (\d+)\) += \d+/.exec(text) ?? [];
  return { length: Number(length), offset: Number(offset) };
}

it('what another process has recovered and reads is written again and synced before anything is acknowledged after it', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await failedLedger('is killed');
  const { start, end } = lastTransaction(readFileSync(`${ledger}-wal`));
  const reader = await holdSnapshot(ledger);
  const args = ['emit', '--receipts', '--busy-timeout', '0ms', '--ledger', ledger];
  const failing = await runTraced(CALLS, ['fsync:error=EIO:when=1'], args, '{"n":3}\n');
  expect(failing.calls.some(({ isInjected, file }) => isInjected && file === 'events.codex-wal')).toBe(true);
  expectFailure(failing, 74, /cannot be written again: an I\/O error \(EIO\)/);
  expect(failing.stdout.toString('utf8')).toBe('');

  const { calls, ...next } = await runTraced(CALLS, [], args, '{"n":3}\n');
  expect(next.code, next.stderr).toBe(0);
  const ofLog = calls.filter(({ name, file }) => file === 'events.codex-wal' && name !== 'write');
  const synced = ofLog.findIndex(({ name }) => name === 'fsync');
  let at = start;
  for (const call of ofLog.slice(0, synced)) {
    const { length, offset } = writeOf(call);
    expect(`${call.name} at ${offset}`).toBe(`pwrite64 at ${at}`);
    at += length;
  }
  expect(at).toBe(end);
  const receipt = calls.findIndex(isReceipt);
  expect(calls.indexOf(ofLog[synced] as SystemCall)).toBeLessThan(receipt);
  expect(ofLog.slice(synced + 1).map(writeOf)[0]?.offset, 'the commit goes after it').toBe(end);
  await reader.release();
  expect((await expectSoundLedger(ledger)).map(({ payload }) => payload)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
});

it('beside processes that write and read nothing is taken for a crash: a writer opens at once', async () => {
  const ledger = await newLedger();
  const engine = await openEngine({ ledger });
  await engine.emit({ n: 1 });
  const reader = await holdSnapshot(ledger);
  await engine.emit({ n: 2 });
  for (const n of [3, 4]) {
    const emit = await spawnCli(['emit', '-q', '-l', ledger, '--busy-timeout', '0ms'], { input: `{"n":${n}}\n` });
    expect(emit).toMatchObject({ code: 0, stderr: '' });
  }
  await reader.release();
  expect((await engine.head()).sequence).toBe(4);
});
