/**
 * Fault model: single system calls fail (fsync and pwrite64 with EIO or ENOSPC, the file size limit), or are the last thing the process does. SQLite
 * as built here calls fsync, never fdatasync; every trial asserts that its fault was injected.
 */

import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { BIN, type CliResult, runCli } from '../support/cli.ts';
import { type GeneratedEvents, streamText } from '../support/event-stream.ts';
import { FaultShim, SHIM_PROBE } from '../support/fault-shim.ts';
import { needs, runProgram, STRACE_PROBE } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { expectPrefix, expectReceipted, parseReceipts, type Receipt } from '../support/receipts.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { spread, traced, wasKilled } from '../support/traced.ts';

/** A second one starts processes of its own where the resident command line is busy, which takes longer where there is no core for it. */
const LANES = quick(1, 2);
/** In every run the first of many calls, the last, and some between are put to the test, in a soak each one. */
const trialsOf = (calls: number): number => quick(Math.min(calls, Math.max(3, Math.ceil(calls / 20))), calls);

/** Works through 1 to `count`, or a spread of them, in lanes beside each other. */
async function eachOf(count: number, work: (n: number, trial: number) => Promise<void>): Promise<void> {
  const numbers = spread(trialsOf(count), count).entries();
  const lane = async (): Promise<void> => {
    for (let next = numbers.next(); !next.done; next = numbers.next()) await work(next.value[1], next.value[0]);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Several files of input are as many commits. */
interface Bench {
  readonly directory: string;
  readonly empty: string;
  readonly inputs: readonly string[];
  readonly streams: readonly GeneratedEvents[];
}

async function makeBench(commits: number, ...initFlags: string[]): Promise<Bench> {
  const directory = tempDir();
  const empty = join(directory, 'empty.codex');
  expect(await runCli(['init', '--partitions', '2', ...initFlags, '--ledger', empty])).toMatchObject({ code: 0 });
  const streams = Array.from({ length: commits }, (_, at) => ({ name: `part${at}`, seed: at, count: 20 }));
  const inputs = streams.map((stream) => {
    const path = join(directory, `${stream.name}.jsonl`);
    writeFileSync(path, streamText(stream));
    return path;
  });
  return { directory, empty, inputs, streams };
}

function freshLedger(bench: Bench, name: string): string {
  const path = join(bench.directory, `${name}.codex`);
  copyFileSync(bench.empty, path);
  return path;
}

function emitArgs(bench: Bench, ledger: string): string[] {
  return ['emit', ...bench.inputs, '--receipts', '--producer', 'feeder', '--ledger', ledger];
}

/** The same input again: all of it once, and what had a receipt at its place. */
async function expectCompletedBySecondRun(bench: Bench, ledger: string, first: Buffer, context: string): Promise<void> {
  const again = await runCli(emitArgs(bench, ledger));
  expect(again.code, `${context}: the second run: ${again.stderr}`).toBe(0);
  const events = await expectSoundLedger(ledger);
  const receipts = [...parseReceipts(first), ...parseReceipts(again.stdout)] as (Receipt & { source: string })[];
  for (const stream of bench.streams) {
    expect(expectPrefix(events, stream, context), context).toBe(stream.count);
    expectReceipted(
      events,
      stream,
      receipts.filter(({ source }) => source.endsWith(`${stream.name}.jsonl`)),
      context,
    );
  }
  expect(events, context).toHaveLength(bench.streams.reduce((sum, { count }) => sum + count, 0));
}

function expectFailure({ code, stderr }: CliResult, context: string): void {
  expect(code, `${context}: ${stderr}`).toBe(74);
  expect(
    stderr.split('\n').filter((line) => line.startsWith('error: ')),
    `${context}: ${stderr}`,
  ).toHaveLength(1);
  expect(stderr, context).not.toMatch(/\n\s+at /);
}

/** What a killed init left, in a directory of its own: the library opens it, or makes it a ledger as it was asked for. */
async function expectOpenedAsItWas(left: string, where: string): Promise<void> {
  const ledger = join(tempDir(), 'events.codex');
  for (const end of ['', '-wal', '-journal']) if (existsSync(left + end)) copyFileSync(left + end, ledger + end);
  const engine = await Completengine.open({ ledger, partitions: 3 });
  expect((await engine.emit({ n: 1 })).sequence, where).toBe(1);
  await engine.close();
  expect(await expectSoundLedger(ledger), where).toHaveLength(1);
}

it('calls an fsync that fails at a commit an unknown outcome, and stores the input once when it is emitted again', async (context) => {
  needs(context, ...SHIM_PROBE);
  const bench = await makeBench(3);
  const shim = new FaultShim();
  onTestFinished(() => shim.close());
  const plain = await shim.run(emitArgs(bench, freshLedger(bench, 'plain')), bench.directory);
  expect(plain.code, plain.stderr).toBe(0);
  const fsyncs = plain.calls.flatMap(({ name }, at) => (name === 'fsync' ? [at + 1] : []));
  expect(fsyncs.length).toBeGreaterThanOrEqual(bench.inputs.length + 2);

  let failures = 0;
  for (const at of fsyncs) {
    const ledger = freshLedger(bench, `fsync-${at}`);
    const result = await shim.run(emitArgs(bench, ledger), bench.directory, { fault: 'EIO', at });
    const where = `fsync at call ${at} of ${plain.calls.length}`;
    expect([result.calls[at - 1]?.name, result.injected], `${where} was not injected`).toEqual(['fsync', 1]);
    if (result.code !== 0) {
      failures++;
      expectFailure(result, where);
      expect(result.stderr, where).toMatch(/unknown|may be stored or not|nothing was committed/);
      expect(parseReceipts(result.stdout).length, where).toBeLessThan(60);
    } else {
      expect(parseReceipts(result.stdout).length, where).toBe(60);
    }
    await expectCompletedBySecondRun(bench, ledger, result.stdout, where);
  }
  // the -wal's own header may be one more
  expect(failures, 'commits whose fsync failed').toBeGreaterThanOrEqual(bench.inputs.length);
});

it('ends with 74 when every fsync fails, and never acknowledges anything', async (context) => {
  needs(context, ...STRACE_PROBE);
  const bench = await makeBench(2);
  const ledger = freshLedger(bench, 'all');
  const result = await traced(join(bench.directory, 'all.log'), 'fsync', 'error=EIO', emitArgs(bench, ledger));
  expect(result.calls.filter((call) => call.includes('INJECTED')).length).toBeGreaterThan(0);
  expectFailure(result, 'every fsync');
  expect(result.stdout.toString('utf8')).toBe('');
  await expectCompletedBySecondRun(bench, ledger, result.stdout, 'every fsync');
});

it('survives a failure of every single pwrite64 of an emission: 74 or done, and nothing acknowledged is lost', async (context) => {
  needs(context, ...STRACE_PROBE);
  const bench = await makeBench(2);
  const plain = await traced(
    join(bench.directory, 'plain.log'),
    'pwrite64',
    null,
    emitArgs(bench, freshLedger(bench, 'plain')),
  );
  const count = plain.calls.length;
  expect(count).toBeGreaterThan(10);
  const failures = { EIO: 0, ENOSPC: 0 };
  await eachOf(count, async (n, trial) => {
    const error = trial % 2 === 0 ? 'ENOSPC' : 'EIO';
    const ledger = freshLedger(bench, `pwrite-${n}`);
    const result = await traced(
      join(bench.directory, `pwrite-${n}.log`),
      'pwrite64',
      `error=${error}:when=${n}`,
      emitArgs(bench, ledger),
    );
    const where = `${error} at pwrite64 ${n} of ${count}`;
    expect(result.calls.filter((call) => call.includes('INJECTED')).length, `${where} was not injected`).toBe(1);
    if (result.code !== 0) {
      failures[error]++;
      expectFailure(result, where);
    } else {
      expect(parseReceipts(result.stdout).length, where).toBe(40);
    }
    await expectCompletedBySecondRun(bench, ledger, result.stdout, where);
  });
  expect(failures.EIO).toBeGreaterThanOrEqual(quick(1, 3));
  expect(failures.ENOSPC).toBeGreaterThanOrEqual(quick(1, 3));
});

for (const call of ['unlink', 'pwrite64'] as const) {
  it(`killed at any ${call} of init, it leaves nothing at its path, or a ledger`, async (context) => {
    needs(context, ...STRACE_PROBE);
    const directory = tempDir();
    const init = (ledger: string) => ['init', '--partitions', '3', '--ledger', ledger];
    const plain = await traced(join(directory, 'plain.log'), call, null, init(join(directory, 'plain.codex')));
    expect(plain.code, plain.stderr).toBe(0);
    // those of the main thread; of the others, which sync the file and its directory, failing-calls.test.ts has each
    const [main] = plain.calls.map((line) => line.split(' ', 1)[0]);
    const count = plain.calls.filter((line) => line.startsWith(`${main} `)).length;
    expect(count).toBeGreaterThan(2);
    const left = { absent: 0, ledger: 0 };
    await eachOf(count, async (n, trial) => {
      const ledger = join(directory, `init-${n}.codex`);
      const where = `killed at ${call} ${n} of ${count}`;
      const killed = await traced(join(directory, `init-${n}.log`), call, `signal=KILL:when=${n}`, init(ledger));
      expect(wasKilled(killed), `${where}: it ended with ${killed.code}`).toBe(true);
      const isThere = existsSync(ledger);
      await expectOpenedAsItWas(ledger, where);
      const again = await runCli(init(ledger));
      expect(again.code, `${where}: init again: ${again.stderr}`).toBe(isThere ? 73 : 0);
      left[isThere ? 'ledger' : 'absent']++;
      await expectSoundLedger(ledger);
      if (trial % quick(4, 8) === 0)
        expect(await runCli(['emit', '--ledger', ledger], { input: '{"n":1}\n' }), where).toMatchObject({ code: 0 });
      for (const end of ['', '-wal', '-shm']) rmSync(ledger + end, { force: true });
    });
    const seen = JSON.stringify(left);
    expect(left.absent, seen).toBeGreaterThan(0);
  });
}

for (const call of ['fsync', 'pwrite64'] as const) {
  it(`killed at any ${call} of an emission, it leaves whole commits, and a second run completes them without doubles`, async (context) => {
    needs(context, ...STRACE_PROBE);
    const bench = await makeBench(3);
    const plain = await traced(
      join(bench.directory, 'plain.log'),
      call,
      null,
      emitArgs(bench, freshLedger(bench, 'plain')),
    );
    expect(plain.code, plain.stderr).toBe(0);
    const count = plain.calls.length;
    expect(count).toBeGreaterThan(bench.inputs.length);
    let acknowledged = 0;
    await eachOf(count, async (n) => {
      const ledger = freshLedger(bench, `kill-${n}`);
      const where = `killed at ${call} ${n} of ${count}`;
      const killed = await traced(
        join(bench.directory, `kill-${n}.log`),
        call,
        `signal=KILL:when=${n}`,
        emitArgs(bench, ledger),
      );
      expect(wasKilled(killed), `${where}: it ended with ${killed.code}`).toBe(true);
      const receipts = parseReceipts(killed.stdout);
      if (receipts.length > 0) acknowledged++;
      const events = await expectSoundLedger(ledger);
      expect(events.length % 20, `${where}: a part of a commit`).toBe(0);
      expect(events.length, where).toBeGreaterThanOrEqual(receipts.length);
      await expectCompletedBySecondRun(bench, ledger, killed.stdout, where);
    });
    expect(acknowledged, 'kills behind the first receipt').toBeGreaterThan(0);
  });
}

/** More lines than the limit has room for. */
const LIMITS = [
  { limit: 100_000, lines: 2000 },
  { limit: 300_000, lines: 6000 },
  { limit: 5_000_000, lines: 40_000 },
];

for (const { limit, lines } of quick(LIMITS.slice(0, 2), LIMITS)) {
  it(`a file size limit of ${limit} bytes ends emit with 74, and without it the same producer completes its input`, async (context) => {
    needs(context, 'prlimit', '--version');
    const directory = tempDir();
    const ledger = join(directory, 'events.codex');
    const input = join(directory, 'input.jsonl');
    const stream: GeneratedEvents = { name: 'feeder', seed: limit, count: lines };
    writeFileSync(input, streamText(stream));
    expect(await runCli(['init', '--partitions', '2', '--ledger', ledger])).toMatchObject({ code: 0 });
    const args = ['emit', input, '--receipts', '--producer', 'feeder', '--ledger', ledger];
    const limited = await runProgram('prlimit', [`--fsize=${limit}`, process.execPath, BIN, ...args]);
    expectFailure(limited, `a limit of ${limit}`);
    const again = await runCli(args);
    expect(again.code, again.stderr).toBe(0);
    const events = await expectSoundLedger(ledger);
    expect(expectPrefix(events, stream)).toBe(stream.count);
    expect(events).toHaveLength(stream.count);
    expectReceipted(events, stream, [...parseReceipts(limited.stdout), ...parseReceipts(again.stdout)]);
  });
}

it('brings every commit to the disk before it is acknowledged, and does not with durability normal', async (context) => {
  needs(context, ...STRACE_PROBE);
  const commits = 12;
  const fsyncs = async (durability: string): Promise<number> => {
    const bench = await makeBench(commits, '--durability', durability);
    const result = await traced(
      join(bench.directory, 'fsync.log'),
      'fsync',
      null,
      emitArgs(bench, freshLedger(bench, durability)),
    );
    expect(result.code, result.stderr).toBe(0);
    expect(parseReceipts(result.stdout)).toHaveLength(commits * 20);
    return result.calls.length;
  };
  const full = await fsyncs('full');
  const normal = await fsyncs('normal');
  expect(full, `${full} with full, ${normal} with normal`).toBeGreaterThanOrEqual(commits);
  expect(full - normal, `${full} with full, ${normal} with normal`).toBeGreaterThanOrEqual(commits);
});
