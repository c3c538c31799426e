/**
 * Fault: kill -9 at any write of a compaction, alone and beside an emitter and a consumer group. Afterwards the ledger is the same one: nothing is lost or
 * delivered twice, the head of before is extended, and the next run ends what this one began.
 */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Completengine, formatHead } from '../../src/index.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { expectSoundLedger, type StoredEvent, storedEvents } from '../support/invariants.ts';
import { succeed } from '../support/ledger-cli.ts';
import { paced } from '../support/paced.ts';
import { compressedFrames } from '../support/raw-ledger.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { spread, type Traced, traced, wasKilled } from '../support/traced.ts';

const ROUNDS = quick(2, 30);
const CALL = 'pwrite64';
/** A transaction of a compaction takes 512 of them: it makes three. */
const COMMITS = quick(1100, 1500);
const PAD = 'x'.repeat(700);
/** Longer than a test may take: a compaction and an emitter wait for each other. */
const LOCK_WAIT_MS = 1_800_000;

interface Original {
  readonly path: string;
  readonly head: string;
  readonly events: readonly StoredEvent[];
}

async function makeOriginal(path: string): Promise<Original> {
  const engine = await Completengine.open({ ledger: path, partitions: 1, durability: 'normal' });
  for (let n = 0; n < COMMITS; n++) await engine.emit({ n, PAD });
  const head = formatHead(await engine.head());
  await engine.close();
  return { path, head, events: storedEvents(path) };
}

/** Emits and consumes until the other process has ended; every event is delivered once. */
async function emitBeside(ledger: string, ended: Promise<unknown>): Promise<void> {
  const engine = await Completengine.open({ ledger, create: false, busyTimeoutMs: LOCK_WAIT_MS });
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });
  const delivered: number[] = [];
  const subscription = await engine.subscribe({ group: 'g' }, (delivery) => {
    for (const { sequence } of delivery) delivered.push(sequence);
  });
  for (let n = 0; !isOver; n++) {
    await engine.emit({ emitted: n, PAD });
    await paced();
  }
  const { sequence } = await engine.head();
  await subscription.close();
  await (
    await engine.subscribe({ group: 'g', until: { head: true } }, (delivery) => {
      for (const event of delivery) delivered.push(event.sequence);
    })
  ).finished;
  await engine.close();
  expect(delivered).toEqual(Array.from({ length: sequence }, (_, at) => at + 1));
}

async function expectSame(ledger: string, { head, events }: Original, where: string): Promise<void> {
  const now = await expectSoundLedger(ledger, head);
  expect(now.slice(0, events.length), where).toEqual(events);
}

function stateOf(compressed: number, before: number, after: number): 'begun' | 'part' | 'all' {
  if (compressed === before) return 'begun';
  return compressed === after ? 'all' : 'part';
}

for (const compression of quick(['zstd'], ['zstd', 'none'])) {
  test(`compact --compression ${compression}`, async (context) => {
    needs(context, ...STRACE_PROBE);
    const directory = tempDir();
    const original = await makeOriginal(join(directory, 'original.codex'));
    if (compression === 'none') await succeed(['compact', '--compression', 'zstd', '-l', original.path]);
    const all = compression === 'none' ? 0 : COMMITS;
    const begun = { ...original, compressed: compressedFrames(original.path) };
    expect(begun.compressed).toBe(COMMITS - all);
    const compact = (name: string, inject: string | null): { ledger: string; ended: Promise<Traced> } => {
      const ledger = join(directory, `${name}.codex`);
      copyFileSync(original.path, ledger);
      const args = ['compact', '--compression', compression, '-l', ledger, '--busy-timeout', `${LOCK_WAIT_MS}ms`];
      return { ledger, ended: traced(join(directory, `${name}.log`), CALL, inject, args) };
    };
    const plain = await compact('plain', null).ended;
    expect(plain.code, plain.stderr).toBe(0);
    expect(plain.calls.length).toBeGreaterThan(20);

    // Beside an emitter, which may write the WAL back instead, only the writes into the WAL are certain: two of three.
    const kills = [
      ...spread(ROUNDS, plain.calls.length).map((nth) => ({ nth, isAlone: true })),
      ...spread(ROUNDS, Math.floor(plain.calls.length / 2)).map((nth) => ({ nth, isAlone: false })),
    ];
    const left = { begun: 0, all: 0, part: 0 };
    for (const { nth, isAlone } of kills) {
      const where = `killed at ${CALL} ${nth} of ${plain.calls.length}, ${isAlone ? 'alone' : 'beside an emitter'}`;
      const { ledger, ended } = compact(`kill-${nth}-${isAlone}`, `signal=KILL:when=${nth}`);
      if (!isAlone) await emitBeside(ledger, ended);
      expect(wasKilled(await ended), where).toBe(true);
      await expectSame(ledger, original, where);
      const compressed = compressedFrames(ledger);
      left[stateOf(compressed, begun.compressed, all)]++;

      await succeed(['compact', '--compression', compression, '-l', ledger]);
      expect(compressedFrames(ledger), where).toBe(compression === 'none' ? 0 : storedEvents(ledger).length);
      await expectSame(ledger, original, where);
    }
    expect(left.begun, JSON.stringify(left)).toBeGreaterThan(0);
    expect(left.part, JSON.stringify(left)).toBeGreaterThan(0);
  }, 300_000);
}
