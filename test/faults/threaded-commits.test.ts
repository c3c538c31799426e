/**
 * Fault model: as in the tests beside this one, while a thread makes the commits and several of them are on their way: a system call of the thread fails or
 * is its last, the file may not grow, signals come, another process holds the ledger, the ledger is removed. What must hold: one clear end, whole commits
 * that are a prefix of the input, and a report that claims no more than is stored.
 */

import { readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, test } from 'vitest';
import type { CliResult } from '../support/cli.ts';
import type { GeneratedEvents } from '../support/event-stream.ts';
import { needs, STRACE_PROBE, straceThreads } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { expectFailure, newLedger, PLAIN } from '../support/ledger-cli.ts';
import { holdWriteLock } from '../support/lock-holder.ts';
import { bytesRead, isZombie, tracerOf } from '../support/process-state.ts';
import { expectPrefix } from '../support/receipts.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ThreadedEmission } from '../support/threaded-emission.ts';
import { until } from '../support/until.ts';

/** Some 5 MB: more than two chunks. Of long lines, because the oracle reads each event. */
const STREAM: GeneratedEvents = { name: 'feeder', seed: 7, count: 8500, piecesMax: 280 };

/** Of input; all else that a process reads meanwhile is a few bytes, by which its threads wake each other. */
const SOME_INPUT_BYTES = 65_536;

/** The events that a summary claims. */
function claimed({ stderr }: CliResult): number {
  const [, count] = /^([\d,]+) events? committed/m.exec(stderr) ?? [];
  return Number((count ?? '0').replaceAll(',', ''));
}

/** Whole commits of the first lines, sound, and no fewer than were claimed. Returns how many events there are. */
async function expectStored(ledger: string, result: CliResult): Promise<number> {
  const events = await expectSoundLedger(ledger);
  expect(expectPrefix(events, STREAM)).toBe(events.length);
  expect(events.length, result.stderr).toBeGreaterThanOrEqual(claimed(result));
  return events.length;
}

interface Traced {
  readonly result: CliResult;
  /** Of the thread that commits, one a call. */
  readonly calls: readonly string[];
}

/** Also the execution of Node. The main thread syncs the directory before it begins. */
const onlyWal = (ledger: string): string[] => ['-P', `${ledger}-wal`, '-P', process.execPath];

/** `when`: counts the calls of each thread by itself. */
async function traced(ledger: string, call: string, inject: string, when: number): Promise<Traced> {
  const log = join(tempDir(), 'strace.log');
  const options = [
    ...straceThreads([inject]),
    '-o',
    log,
    ...onlyWal(ledger),
    '-e',
    `trace=execve,${call}`,
    '-e',
    `inject=${call}:${inject}:when=${when}`,
  ];
  const emission = await ThreadedEmission.start(ledger, {
    command: (program, args) => ['strace', [...options, program, ...args]],
  });
  await emission.feed(STREAM);
  const result = await emission.end();
  expect(emission.threads).toBe(1);
  return { result, calls: callsOfThread(log, call) };
}

/** The calls of the thread that commits, so far; one that has not returned included. The first line is the execve of the main thread. */
function callsOfThread(log: string, call: string): string[] {
  const lines = readFileSync(log, 'utf8').split('\n');
  const main = lines.find((line) => line.includes('execve('))?.split(' ')[0];
  return lines.filter((line) => line.includes(`${call}(`) && !line.startsWith(`${main} `));
}

it.for([
  ['fsync', 'EIO', 1],
  ['fsync', 'EIO', 3],
  ['pwrite64', 'EIO', 100],
  ['pwrite64', 'ENOSPC', 200],
] as const)(
  '%s of the thread fails with %s at call %i: 74, and what is claimed is stored',
  async ([call, error, when], context) => {
    needs(context, ...STRACE_PROBE);
    const ledger = await newLedger('--partitions', '2', ...PLAIN);
    const { result, calls } = await traced(ledger, call, `error=${error}`, when);
    expectFailure(result, 74, call === 'fsync' ? /may be stored or not/ : /disk|I\/O error/);
    expect(calls[when - 1], 'the fault did not meet the thread').toContain('INJECTED');
    expect(await expectStored(ledger, result)).toBeLessThan(STREAM.count);
  },
);

it.for([
  ['fsync', 2],
  ['pwrite64', 150],
] as const)(
  'killed at the %s of the thread that is number %i, it leaves whole commits',
  async ([call, when], context) => {
    needs(context, ...STRACE_PROBE);
    const ledger = await newLedger('--partitions', '2', ...PLAIN);
    const { result, calls } = await traced(ledger, call, 'signal=KILL', when);
    expect(result.code === 137 || result.signal === 'SIGKILL', `it ended with ${result.code}`).toBe(true);
    expect(calls).toHaveLength(when);
    expect(await expectStored(ledger, result)).toBeLessThan(STREAM.count);
  },
);

it('a file that may not grow any more ends it with 74', async (context) => {
  needs(context, 'prlimit', '--version');
  const ledger = await newLedger('--partitions', '2', ...PLAIN);
  const emission = await ThreadedEmission.start(ledger, {
    command: (program, args) => ['prlimit', ['--fsize=3000000', program, ...args]],
  });
  await emission.feed(STREAM);
  const result = await emission.end();
  expectFailure(result, 74, /disk|I\/O error|may be stored or not/);
  expect(emission.threads).toBe(1);
  expect(await expectStored(ledger, result)).toBeLessThan(STREAM.count);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s in mid-stream ends it with %i, and the summary says what is stored', async (signal, code) => {
  const ledger = await newLedger('--partitions', '2', ...PLAIN);
  const emission = await ThreadedEmission.start(ledger);
  const feeding = emission.feed(STREAM);
  // something is committed: it has blocks, which a hole has not
  await until(() => 512 * (statSync(`${ledger}-wal`, { throwIfNoEntry: false })?.blocks ?? 0) > 100_000);
  emission.child.kill(signal);
  const result = await emission.ended;
  await feeding;
  expect({ code: result.code, signal: result.signal }, result.stderr).toEqual({ code, signal: null });
  expect(result.stderr).not.toContain('error:');
  expect(emission.threads).toBe(1);
  const stored = await expectStored(ledger, result);
  expect(stored).toBe(claimed(result));
  expect(stored).toBeGreaterThan(0);
});

test('a signal while the thread waits for another process ends it, and nothing is stored', async () => {
  const ledger = await newLedger('--partitions', '2', ...PLAIN);
  const emission = await ThreadedEmission.start(ledger, { args: ['--busy-timeout', '10m'] });
  const lock = await holdWriteLock(ledger);
  const pid = emission.child.pid;
  const before = bytesRead(pid);
  const feeding = emission.feed(STREAM);
  // It reads until the commit that waits holds it up. How far that is depends on the gaps in the input, at which a chunk ends early.
  await until(() => bytesRead(pid) >= before + SOME_INPUT_BYTES);
  emission.child.kill('SIGINT');
  const result = await emission.ended;
  await feeding;
  await lock.release();
  expect({ code: result.code, signal: result.signal }, result.stderr).toEqual({ code: 130, signal: null });
  expect(await expectStored(ledger, result)).toBe(0);
});

/** Longer than a test may take. */
const FOR_EVER = '1800s';

// on a disk that does not answer: after the first signal the process waits for the thread, so it cannot end before the second one
test.for([1, 2])(
  'a second signal ends it by the signal itself while fsync %i of the thread does not return, and what is stored is whole',
  async (when, context) => {
    needs(context, ...STRACE_PROBE);
    const ledger = await newLedger('--partitions', '2', ...PLAIN);
    const log = join(tempDir(), 'strace.log');
    const hang = `inject=fsync:delay_enter=${FOR_EVER}:when=${when}`;
    // -D: the child is the command itself, so the signals are for it alone
    const options = ['-D', ...straceThreads(), '-o', log, ...onlyWal(ledger), '-e', 'trace=execve,fsync', '-e', hang];
    const emission = await ThreadedEmission.start(ledger, {
      command: (program, args) => ['strace', [...options, program, ...args]],
    });
    const feeding = emission.feed(STREAM);
    await until(() => emission.hasEnded || callsOfThread(log, 'fsync').length === when);
    const pid = emission.child.pid as number;
    const tracer = tracerOf(pid);
    onTestFinished(() => end(tracer));
    // two of one kind would be one to the kernel, if they come together
    emission.child.kill('SIGINT');
    emission.child.kill('SIGTERM');
    // strace keeps what is left of a thread until the delay is over
    await until(() => emission.hasEnded || isZombie(pid));
    end(tracer);
    const result = await emission.ended;
    await feeding;
    expect(result.code, result.stderr).toBeNull();
    // which of the two comes second is the kernel's affair
    expect(['SIGINT', 'SIGTERM'], result.stderr).toContain(result.signal);
    expect(result.stderr).toMatch(/^ended at once by a second signal \((SIGINT|SIGTERM)\); .*inspect$/m);
    expect(emission.threads).toBe(1);
    const stored = await expectStored(ledger, result);
    expect(stored).toBeLessThan(STREAM.count);
    if (when > 1) expect(stored).toBeGreaterThan(0);
  },
);

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended with the last of its threads
  }
}

test('a lock that is held for longer than --busy-timeout ends it with 75', async () => {
  const ledger = await newLedger('--partitions', '2', ...PLAIN);
  const emission = await ThreadedEmission.start(ledger, { args: ['--busy-timeout', '100ms'] });
  const lock = await holdWriteLock(ledger);
  await emission.feed(STREAM);
  const result = await emission.end();
  await lock.release();
  expectFailure(result, 75, /100 ms/);
  expect(await expectStored(ledger, result)).toBe(0);
});

test.each([
  ['removed', (ledger: string) => rmSync(ledger)],
  ['replaced', (ledger: string, other: string) => renameSync(other, ledger)],
])('a ledger that is %s ends it with 74, and nothing is claimed', async (_, happen) => {
  const [ledger, other] = [
    await newLedger('--partitions', '2', ...PLAIN),
    await newLedger('--partitions', '2', ...PLAIN),
  ];
  const emission = await ThreadedEmission.start(ledger);
  happen(ledger, other);
  await emission.feed(STREAM);
  const result = await emission.end();
  expectFailure(result, 74, /removed|replaced/);
  expect(claimed(result)).toBe(0);
});
