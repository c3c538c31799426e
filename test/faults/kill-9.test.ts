/**
 * Fault model: the process that emits is killed with SIGKILL at any moment, before, during and after its commits, while it starts and while it
 * ends, again and again on the same file. The machine stays up, so what was written to the page cache stays; nothing of the process does.
 */

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { runCli, startCli } from '../support/cli.ts';
import { type GeneratedEvents, streamText } from '../support/event-stream.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { rawCommits } from '../support/raw-ledger.ts';
import { expectPrefix, expectReceipted, type Receipt, ReceiptReader } from '../support/receipts.ts';
import { type Seeded, seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';
import { isSoak, quick } from '../support/test-size.ts';

const LANES = 2;
const KILLS_PER_LANE = quick(4, 100);
const SOUND_EVERY = quick(4, 25);

/** When the kill comes; `unfed`: before there is any input. */
type Moment =
  | { readonly kind: 'unfed' }
  | { readonly kind: 'starting'; readonly afterMs: number }
  | { readonly kind: 'running'; readonly receipts: number; readonly afterMs: number }
  | { readonly kind: 'ending'; readonly afterMs: number };

interface Delivered {
  readonly stream: GeneratedEvents;
  /** Over all runs of the stream. */
  readonly receipts: Receipt[];
  /** Lines that were found in the ledger after the last run. */
  stored: number;
  isComplete: boolean;
}

/** What the kills met, so that a test that killed nothing worth killing fails. */
interface Tally {
  kills: number;
  withReceipts: number;
  beforeReceipts: number;
  /** A commit was stored, and its receipt did not get out. */
  unacknowledged: number;
  /** There was input that was not answered yet. */
  inFlight: number;
  leftWal: number;
}

/** The first ones of a lane hit before its first commit and after a receipt for certain; the others are up to chance. */
function chooseMoment(random: Seeded, count: number, cycle: number): Moment {
  if (cycle === 1) return { kind: 'unfed' };
  if (cycle === 2) return { kind: 'running', receipts: 1, afterMs: 0 };
  const chance = random.unit();
  if (chance < 0.12) return { kind: 'starting', afterMs: random.between(0, 220) };
  if (chance < 0.24) return { kind: 'ending', afterMs: random.between(0, 12) };
  return { kind: 'running', receipts: random.between(1, count), afterMs: random.unit() * 3 };
}

/** One start of `emit`, fed in pieces, and its end. */
async function killCycle(
  ledger: string,
  delivered: Delivered,
  storedBefore: number,
  random: Seeded,
  cycle: number,
): Promise<{ wasKilled: boolean; receipts: Receipt[]; fedLines: number }> {
  const { stream } = delivered;
  const child = startCli(['emit', '--receipts', '--quiet', '--producer', stream.name, '--ledger', ledger]);
  const reader = new ReceiptReader(child.stdout);
  child.stdin.on('error', () => {});
  let stderr = '';
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString('utf8');
  });
  let hasEnded = false;
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('exit', () => {
      hasEnded = true;
    });
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const moment = chooseMoment(random, Math.max(1, Math.floor((stream.count - storedBefore) * 0.8)), cycle);

  let fedLines = 0;
  const feeding = (async () => {
    while (moment.kind !== 'unfed' && fedLines < stream.count && !hasEnded) {
      const from = fedLines + 1;
      // what is stored already goes in at once
      fedLines = Math.min(stream.count, Math.max(fedLines, storedBefore) + random.between(1, 6));
      const piece = Buffer.from(streamText(stream, from, fedLines));
      // a pipe cuts where it likes, in the middle of a character too
      const cut = random.unit() < 0.3 ? random.between(0, piece.length) : piece.length;
      child.stdin.write(piece.subarray(0, cut));
      if (cut < piece.length) {
        await sleep(0);
        child.stdin.write(piece.subarray(cut));
      }
      // What comes while it still starts would all be one commit. A line that is not stored yet is in the first piece.
      if (from === 1) await reader.atLeast(1, () => hasEnded);
      else if (random.unit() < 0.7) await sleep(random.between(0, 2));
    }
  })();

  if (moment.kind === 'starting') {
    await sleep(moment.afterMs);
  } else if (moment.kind === 'running') {
    await reader.atLeast(moment.receipts, () => hasEnded);
    await sleep(Math.floor(moment.afterMs));
    // a timer hits whole milliseconds, and a commit takes about one
    for (const until = performance.now() + (moment.afterMs % 1); performance.now() < until; );
  } else if (moment.kind === 'ending') {
    await feeding;
    child.stdin.end();
    // once the first receipts are out it is not the start that is killed
    await reader.atLeast(1, () => hasEnded);
    await sleep(moment.afterMs);
  }
  child.kill('SIGKILL');
  const { code, signal } = await ended;
  await feeding;
  if (signal !== 'SIGKILL') expect({ code, signal, stderr }).toMatchObject({ code: 0, signal: null });
  if (signal !== 'SIGKILL') delivered.isComplete = true;
  return { wasKilled: signal === 'SIGKILL', receipts: reader.receipts, fedLines };
}

/** After each cycle, without walking the whole ledger: dense commits, receipts on their place, at most one commit that was not acknowledged. */
function cheapChecks(
  ledger: string,
  delivered: Delivered,
  receipts: readonly Receipt[],
  storedBefore: number,
  context: string,
): { unacknowledged: number; stored: number } {
  const all = rawCommits(ledger);
  const gap = all.findIndex(
    ({ first_sequence: first }, at) =>
      first !== (at === 0 ? 1 : (all[at - 1]?.first_sequence ?? 0) + (all[at - 1]?.count ?? 0)),
  );
  expect(gap, `${context}: a gap before this commit`).toBe(-1);
  const commits = rawCommits(ledger, delivered.stream.name);
  const sequences = commits.flatMap(({ first_sequence: first, count }) =>
    Array.from({ length: count }, (_, at) => first + at),
  );
  expect(sequences.length, `${context}: more events than lines`).toBeLessThanOrEqual(delivered.stream.count);
  const lost = receipts.filter(({ line, sequence }) => sequences[line - 1] !== sequence);
  expect(lost, `${context}: receipts without their event`).toEqual([]);
  const receipted = new Set(receipts.map(({ sequence }) => sequence));
  const before = new Set(sequences.slice(0, storedBefore));
  const fresh = commits.filter(({ first_sequence: first }) => !before.has(first));
  const silent = fresh.filter(({ first_sequence: first, count }) => !receipted.has(first + count - 1));
  expect(silent.length, `${context}: commits that were not acknowledged`).toBeLessThanOrEqual(1);
  if (silent.length === 1)
    expect(silent[0], `${context}: only the last commit may lack its receipt`).toEqual(fresh.at(-1));
  return { unacknowledged: silent.length, stored: sequences.length };
}

async function expectEverythingDelivered(
  ledger: string,
  streams: readonly Delivered[],
  context: string,
): Promise<void> {
  const events = await expectSoundLedger(ledger);
  let known = 0;
  for (const { stream, receipts, isComplete } of streams) {
    expectReceipted(events, stream, receipts, context);
    const stored = expectPrefix(events, stream, context);
    if (isComplete) expect(stored, `${context}: ${stream.name} is complete`).toBe(stream.count);
    known += stored;
  }
  expect(known, `${context}: events that no stream accounts for`).toBe(events.length);
}

async function runLane(ledger: string, lane: number, random: Seeded, tally: Tally): Promise<void> {
  expect((await runCli(['init', '--ledger', ledger, '--routing', 'hash:tenant', '--partitions', '3'])).code).toBe(0);
  const streams: Delivered[] = [];
  let kills = 0;
  for (let cycle = 1; kills < KILLS_PER_LANE; cycle++) {
    expect(cycle, 'too many kills came too late').toBeLessThan(KILLS_PER_LANE * 3);
    const context = `seed ${random.seed}, lane ${lane}, cycle ${cycle}`;
    const open = streams.filter(({ stream, stored }) => stored < stream.count);
    let delivered: Delivered;
    if (open.length > 0 && random.unit() < 0.35) {
      delivered = random.pick(open);
    } else {
      delivered = {
        stream: { name: `p${streams.length}`, seed: random.fork(cycle).seed, count: random.between(40, 200) },
        receipts: [],
        stored: 0,
        isComplete: false,
      };
      streams.push(delivered);
    }
    const storedBefore = delivered.stored;
    const { wasKilled, receipts, fedLines } = await killCycle(ledger, delivered, storedBefore, random, cycle);
    delivered.receipts.push(...receipts);
    const wal = existsSync(`${ledger}-wal`) ? statSync(`${ledger}-wal`).size : 0;
    const { unacknowledged, stored } = cheapChecks(ledger, delivered, receipts, storedBefore, context);
    delivered.stored = stored;
    if (!wasKilled) continue;
    kills++;
    tally.kills++;
    tally.unacknowledged += unacknowledged;
    if (receipts.length > 0) tally.withReceipts++;
    else tally.beforeReceipts++;
    if (receipts.length > 0 && fedLines > storedBefore + receipts.length) tally.inFlight++;
    if (wal > 0) tally.leftWal++;
    if (kills % SOUND_EVERY === 0) await expectEverythingDelivered(ledger, streams, context);
  }

  for (const delivered of streams) {
    const result = await runCli(['emit', '--receipts', '--producer', delivered.stream.name, '--ledger', ledger], {
      input: streamText(delivered.stream),
    });
    expect(result, `seed ${random.seed}: ${delivered.stream.name} is emitted again`).toMatchObject({ code: 0 });
    if (delivered.isComplete) expect(result.stdout.toString('utf8')).toBe('');
    delivered.isComplete = true;
  }
  await expectEverythingDelivered(ledger, streams, `seed ${random.seed}, lane ${lane}, at the end`);
}

it(`keeps every acknowledged event over ${LANES * KILLS_PER_LANE} kills, and a second run of the same producer completes its input without doubles`, async () => {
  const directory = tempDir();
  const random = seededForTest();
  const tally: Tally = { kills: 0, withReceipts: 0, beforeReceipts: 0, unacknowledged: 0, inFlight: 0, leftWal: 0 };
  await Promise.all(
    Array.from({ length: LANES }, (_, lane) =>
      runLane(join(directory, `lane-${lane}.codex`), lane, random.fork(lane), tally),
    ),
  );

  const seen = JSON.stringify(tally);
  expect(tally.kills, seen).toBe(LANES * KILLS_PER_LANE);
  expect(tally.withReceipts, seen).toBeGreaterThanOrEqual(LANES);
  expect(tally.beforeReceipts, seen).toBeGreaterThanOrEqual(LANES);
  expect(tally.leftWal, seen).toBeGreaterThanOrEqual(LANES);
  // how many are in mid-stream depends on the machine's speed
  if (isSoak) {
    expect(tally.withReceipts, seen).toBeGreaterThan(tally.kills * 0.5);
    expect(tally.inFlight, seen).toBeGreaterThan(tally.kills * 0.15);
    expect(tally.leftWal, seen).toBeGreaterThan(tally.kills * 0.5);
  }
  if (process.env['COMPLETENGINE_TEST_REPORT'] !== undefined) process.stderr.write(`kill-9: ${seen}\n`);
}, 240_000);
