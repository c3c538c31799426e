/**
 * Fault model: the work is ended by a signal: Ctrl-C, SIGTERM, a terminal that closes; in mid-stream, while nothing comes in, while another
 * process holds the ledger. What it is in the middle of would never end without the signal, so an answer at all is the proof: no test
 * measures time. A second signal: see the threaded commits, which have a state that does not end after the first one.
 */

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type CliResult, finished, runCli, startCli } from '../support/cli.ts';
import { type GeneratedEvents, streamText } from '../support/event-stream.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { holdWriteLock } from '../support/lock-holder.ts';
import { untilOpen, untilRead, untilWritten } from '../support/process-state.ts';
import { expectPrefix, expectReceipted, ReceiptReader } from '../support/receipts.ts';
import { type Seeded, seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

/** Longer than a test may take. */
const FOR_EVER = '30m';
const ROUNDS = quick(1, 5);

async function newLedger(): Promise<string> {
  const ledger = join(tempDir(), 'events.codex');
  expect(await runCli(['init', '--partitions', '2', '--ledger', ledger])).toMatchObject({ code: 0 });
  return ledger;
}

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CliResult>;
  readonly reader: ReceiptReader;
  hasEnded(): boolean;
}

function start(...args: string[]): Running {
  const child = startCli(args);
  killAfterTest(child);
  const ended = finished(child);
  return {
    child,
    ended,
    reader: new ReceiptReader(child.stdout),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  };
}

/**
 * Most lines that have no receipt yet. The receipts of this number of lines always fit into the socket to this process, however slowly it reads: a signal ends the wait
 * for a reader, and then some of what is committed has no receipt.
 */
const UNANSWERED_MAX = 100;

/** Feeds until the process ends; standard input stays open. */
async function feedOn({ child, hasEnded, reader }: Running, stream: GeneratedEvents, random: Seeded): Promise<void> {
  let fed = 0;
  while (!hasEnded() && fed < stream.count) {
    const from = fed + 1;
    fed = Math.min(stream.count, fed + random.between(1, 10));
    child.stdin.write(streamText(stream, from, fed));
    await reader.atLeast(from === 1 ? 1 : fed - UNANSWERED_MAX, hasEnded);
    await sleep(random.between(0, 2));
  }
}

/** Sends the signal and waits for the end. */
function signalled(running: Running, signal: NodeJS.Signals): Promise<CliResult> {
  expect(running.child.kill(signal), 'the process had ended before the signal').toBe(true);
  return running.ended;
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  it(`answers ${signal} in mid-stream with ${code}, a summary, and a ledger that holds what has a receipt`, async () => {
    const random = seededForTest();
    for (let round = 0; round < ROUNDS; round++) {
      const ledger = await newLedger();
      const stream: GeneratedEvents = { name: 'feeder', seed: random.fork(round).seed, count: 100_000 };
      const emit = start('emit', '--receipts', '--producer', 'feeder', '--ledger', ledger);
      const feeding = feedOn(emit, stream, random);
      await emit.reader.atLeast(random.between(1, 300), emit.hasEnded);
      const result = await signalled(emit, signal);
      await feeding;
      const { receipts } = emit.reader;
      const context = `seed ${random.seed}, round ${round}, ${receipts.length} receipts`;
      expect(receipts.length, context).toBeGreaterThan(0);
      expect(result.code, `${context}: ${result.signal} ${result.stderr}`).toBe(code);
      expect(result.stderr, context).toMatch(/committed/);
      expect(result.stderr, context).toContain(`head ${receipts.length}:`);
      expect(result.stderr, context).not.toMatch(/\n\s+at /);
      const events = await expectSoundLedger(ledger);
      expect(expectPrefix(events, stream, context), context).toBe(receipts.length);
      expect(events, context).toHaveLength(receipts.length);
      expectReceipted(events, stream, receipts, context);
    }
  });
}

it('answers Ctrl-C while no input comes', async () => {
  const ledger = await newLedger();
  const emit = start('emit', '--receipts', '--ledger', ledger);
  emit.child.stdin.write('{"n":1}\n');
  await emit.reader.atLeast(1, emit.hasEnded);
  const result = await signalled(emit, 'SIGINT');
  expect(result.code, result.stderr).toBe(130);
  expect(await expectSoundLedger(ledger)).toHaveLength(1);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  it(`answers ${signal} with ${code} while another process holds the ledger, and stores nothing more`, async () => {
    const ledger = await newLedger();
    const emit = start('emit', '--receipts', '--busy-timeout', FOR_EVER, '--ledger', ledger);
    emit.child.stdin.write('{"n":1}\n');
    await emit.reader.atLeast(1, emit.hasEnded);
    const lock = await holdWriteLock(ledger);
    await untilRead(emit.child.pid, '{"n":2}\n', (bytes) => emit.child.stdin.write(bytes));
    expect(emit.hasEnded(), 'it did not wait for the lock').toBe(false);
    expect(emit.reader.receipts).toHaveLength(1);
    const result = await signalled(emit, signal);
    await lock.release();
    expect(result.code, `${result.signal}: ${result.stderr}`).toBe(code);
    expect(await expectSoundLedger(ledger)).toHaveLength(1);
  });
}

for (const [what, command] of [
  ['emit while the reader of its receipts does not read', ['emit', '--receipts', '--quiet']],
  ['replay while the reader of its output does not read', ['replay', '--quiet']],
  ['tail -f while the reader of its output does not read', ['tail', '--follow', '-n', 'all']],
] as const) {
  it(`answers Ctrl-C on ${what}`, async () => {
    const ledger = await newLedger();
    // far more than a pipe holds
    const input = streamText({ name: 'feeder', seed: 1, count: 5000 });
    if (command[0] !== 'emit') expect(await runCli(['emit', '--ledger', ledger], { input })).toMatchObject({ code: 0 });
    const child = startCli([...command, '--ledger', ledger]);
    killAfterTest(child);
    let stderr = '';
    child.stderr.on('data', (piece: Buffer) => {
      stderr += piece.toString('utf8');
    });
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    child.stdin.on('error', () => {});
    if (command[0] === 'emit') child.stdin.write(input);
    // it has begun to write, and nobody takes the rest; what this process takes without being asked is 64 KiB
    await new Promise((resolve) => child.stdout.once('readable', resolve));
    await untilWritten(child.pid, 100_000);
    expect(child.exitCode, `it did not wait for its reader: ${stderr}`).toBe(null);
    child.kill('SIGINT');
    const result = await ended;
    child.stdout.resume();
    expect(result, stderr).toEqual({ code: 130, signal: null });
    await expectSoundLedger(ledger);
  });
}

it('gives up with 75 when another process holds the ledger for longer than --busy-timeout, and says so', async () => {
  const ledger = await newLedger();
  const lock = await holdWriteLock(ledger);
  const refused = await runCli(['emit', '--busy-timeout', '300ms', '--ledger', ledger], { input: '{"n":1}\n' });
  expect(refused.code, refused.stderr).toBe(75);
  expect(refused.stderr).toMatch(/^error: .*300 ms/m);
  expect(refused.stderr).toMatch(/--busy-timeout/);
  // readers wait for no writer
  expect(await runCli(['tail', '--ledger', ledger])).toMatchObject({ code: 0 });
  expect(await runCli(['inspect', '--verify', '--ledger', ledger])).toMatchObject({ code: 0 });
  await lock.release();
  expect(await runCli(['emit', '--busy-timeout', '300ms', '--ledger', ledger], { input: '{"n":1}\n' })).toMatchObject({
    code: 0,
  });
  expect(await expectSoundLedger(ledger)).toHaveLength(1);
});

it('waits within --busy-timeout, and commits when the lock is let go', async () => {
  const ledger = await newLedger();
  const lock = await holdWriteLock(ledger);
  const waiting = start('emit', '--busy-timeout', FOR_EVER, '--ledger', ledger);
  waiting.child.stdin.end('{"n":1}\n');
  await untilOpen(waiting.child.pid, `${ledger}-shm`);
  expect(waiting.hasEnded(), 'it did not wait for the lock').toBe(false);
  await lock.release();
  expect(await waiting.ended).toMatchObject({ code: 0 });
  expect(await expectSoundLedger(ledger)).toHaveLength(1);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  it(`answers ${signal} on tail -f with ${code}, after it has printed everything`, async () => {
    const ledger = await newLedger();
    expect(await runCli(['emit', '--ledger', ledger], { input: '{"n":1}\n' })).toMatchObject({ code: 0 });
    const tail = start('tail', '--follow', '--ledger', ledger);
    await tail.reader.atLeast(1, tail.hasEnded);
    expect(await runCli(['emit', '--ledger', ledger], { input: '{"n":2}\n' })).toMatchObject({ code: 0 });
    await tail.reader.atLeast(2, tail.hasEnded);
    const result = await signalled(tail, signal);
    expect(result.code, result.stderr).toBe(code);
    expect(result.stdout.toString('utf8')).toBe('{"n":1}\n{"n":2}\n');
    expect(result.stderr).toBe('');
  });
}
