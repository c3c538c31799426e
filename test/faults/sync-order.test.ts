/**
 * Fault model: a power cut keeps what was synced, and of the rest any part. So a position may move only after what it passes over is on the disk: rejected lines
 * before their commit, a regular file that events are written to before its cursor. Shown by the order of the system calls; as a control the same calls without
 * those syncs must not pass.
 */

import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { fileIn, newLedger, numbers, parseLines, replayed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type FileCall, positionMoves, traceFiles } from '../support/traced-files.ts';

/** Also the directory is synced, once, before the position moves the first time: the file's name would be lost otherwise. */
function expectSyncedBefore(calls: readonly FileCall[], file: string, moves: FileCall, count: number): void {
  expect(positionMoves(calls, file, moves)).toEqual({ synced: count, unsynced: 0 });
  const isOf = (call: FileCall['call'], path: string) => (each: FileCall) => each.call === call && each.file === path;
  const written = calls.findIndex(isOf('write', file));
  const named = calls.findIndex(isOf('fsync', dirname(file)));
  const moved = calls.findIndex((each, at) => at > written && isOf(moves.call, moves.file)(each));
  expect(named).toBeGreaterThanOrEqual(0);
  expect(named).toBeLessThan(moved);
  const control = calls.filter((each) => !isOf('fsync', file)(each));
  expect(positionMoves(control, file, moves)).toEqual({ synced: 0, unsynced: count });
}

/** The new content is on the disk before it takes the name, and the name afterwards. */
function expectReplacedDurably(calls: readonly FileCall[], file: string): void {
  const renamed = calls.findIndex((each) => each.call === 'rename' && each.file === file);
  const { from } = calls[renamed] ?? {};
  const before = calls.slice(0, renamed).filter((each) => each.file === from);
  expect(before.map(({ call }) => call)).toEqual(['write', 'fsync']);
  expect(calls.slice(renamed).some((each) => each.call === 'fsync' && each.file === dirname(file))).toBe(true);
}

const input = (directory: string, name: string) => fileIn(directory, name, '1\nbad\n2\n');

test('rejected lines are on the disk before the commit that passes over them', async (context) => {
  needs(context, ...STRACE_PROBE);
  const directory = realpathSync(tempDir());
  const ledger = realpathSync(await newLedger('--partitions', '1'));
  const rejects = join(directory, 'rejects');
  const files = [input(directory, 'a'), input(directory, 'b'), input(directory, 'c')];
  const { code, calls } = await traceFiles(['emit', '-l', ledger, ...files, '--producer', 'p', '--rejects', rejects]);
  expect(code).toBe(65);
  expectSyncedBefore(calls, rejects, { call: 'fsync', file: `${ledger}-wal` }, files.length);
});

test('a line whose id conflicts is rejected on the disk before the commit that passes over it', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = realpathSync(await newLedger('--partitions', '1', '--unique', 'id'));
  const rejects = join(realpathSync(tempDir()), 'rejects');
  await runCli(['emit', '-l', ledger], { input: '{"id":1}\n' });
  const { code, calls } = await traceFiles(['emit', '-l', ledger, '--rejects', rejects], {
    input: '{"id":1,"n":2}\n{"id":2}\n',
  });
  expect(code).toBe(65);
  expectSyncedBefore(calls, rejects, { call: 'fsync', file: `${ledger}-wal` }, 1);
});

test('nothing is committed over rejected lines that cannot be synced, and the same producer takes them again', async (context) => {
  needs(context, ...STRACE_PROBE);
  const directory = realpathSync(tempDir());
  const ledger = await newLedger('--partitions', '1');
  const rejects = join(directory, 'rejects');
  const args = ['emit', '-l', ledger, input(directory, 'a'), '--producer', 'p', '--rejects', rejects];
  // the first fsync of the run is that of the ledger's directory
  const failed = await traceFiles(args, { inject: 'fsync:error=EIO:when=2' });
  expect(failed.injected).toBe(1);
  expect(failed.calls.filter(({ call }) => call === 'fsync')[1]?.file).toBe(rejects);
  expect(failed.code).toBe(74);
  expect(failed.stderr).toMatch(
    /^error: .*rejects: the rejects cannot be written: EIO\n {2}try: .*\nnothing committed/,
  );
  expect(await replayed(ledger)).toBe('');
  expect((await runCli(args)).code).toBe(65);
  expect(await replayed(ledger)).toBe('1\n2\n');
  expect(parseLines(readFileSync(rejects)).map(({ line }) => line)).toEqual([2, 2]);
});

async function ledgerOf(count: number): Promise<string> {
  const ledger = join(realpathSync(tempDir()), 'events.codex');
  const engine = await openEngine({ ledger, partitions: 1 });
  await engine.emit(numbers(1, count).trim().split('\n'));
  await engine.close();
  return ledger;
}

test('what a group writes to a file is on the disk before the cursor moves', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await ledgerOf(30);
  const output = join(realpathSync(tempDir()), 'out');
  const { code, calls } = await traceFiles(['tail', '-l', ledger, '-g', 'g', '-e'], { appendTo: output });
  expect(code).toBe(0);
  expect(readFileSync(output, 'utf8')).toBe(numbers(1, 30));
  expectSyncedBefore(calls, output, { call: 'fsync', file: `${ledger}-wal` }, 1);
});

test("what a group's commands write to the file that is our output is on the disk before the cursor moves", async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await ledgerOf(2);
  const output = join(realpathSync(tempDir()), 'out');
  const { code, calls } = await traceFiles(['tail', '-l', ledger, '-g', 'g', '-e', '--exec', 'cat'], {
    appendTo: output,
  });
  expect(code).toBe(0);
  expectSyncedBefore(calls, output, { call: 'fsync', file: `${ledger}-wal` }, 2);
});

test.for([
  ['tail', ['-n', 'all']],
  ['replay', ['-q']],
] as const)(
  'what %s writes to a file is on the disk before its cursor file is replaced',
  async ([verb, args], context) => {
    needs(context, ...STRACE_PROBE);
    const ledger = await ledgerOf(30);
    const output = join(realpathSync(tempDir()), 'out');
    const cursor = join(realpathSync(tempDir()), 'cursor');
    const { code, calls } = await traceFiles([verb, '-l', ledger, ...args, '--cursor-file', cursor], {
      appendTo: output,
    });
    expect(code).toBe(0);
    expect(readFileSync(output, 'utf8')).toBe(numbers(1, 30));
    expectSyncedBefore(calls, output, { call: 'rename', file: cursor }, 1);
    expectReplacedDurably(calls, cursor);
  },
);
