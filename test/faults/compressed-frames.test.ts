/**
 * Fault model: a compressed body comes back from the disk with flipped bits, cut, longer, or as one that was made to fill the memory. What must never be:
 * other events, a crash, or an error that does not name the commit and the partition.
 */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { Completengine, LedgerError } from '../../src/index.ts';
import { seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { bomb } from '../support/zstd-bomb.ts';

const FLIPS = quick(60, 600);
/** Sequences 1-20, 21-40 and 41-60; the damage is in the second one. */
const COMMITS = 3;
const EVENTS = 20;
const PARTITION = 1;

async function makeLedger(): Promise<string> {
  const ledger = join(tempDir(), 'original.codex');
  const engine = await Completengine.open({
    ledger,
    routing: 'manual:to',
    partitions: ['a', 'b'],
    compression: 'zstd',
  });
  for (let commit = 0; commit < COMMITS; commit++)
    await engine.emit(
      Array.from({ length: EVENTS }, (_, n) => ({ to: 'b', n: commit * EVENTS + n, text: 'x'.repeat(n * 7) })),
    );
  await engine.close();
  return ledger;
}

function bodyOf(ledger: string): Buffer {
  const db = new Database(ledger, { readonly: true });
  try {
    return db
      .prepare<[], Buffer>(`SELECT body FROM p${PARTITION} WHERE sequence = ${EVENTS + 1}`)
      .pluck()
      .get() as Buffer;
  } finally {
    db.close();
  }
}

/** A copy of the ledger with another body in the second commit. */
function withBody(original: string, body: Buffer, plainBytes?: number): string {
  const ledger = join(tempDir(), 'damaged.codex');
  copyFileSync(original, ledger);
  const db = new Database(ledger);
  try {
    db.prepare(`UPDATE p${PARTITION} SET body = ? WHERE sequence = ${EVENTS + 1}`).run(body);
    if (plainBytes !== undefined)
      db.prepare(`UPDATE p${PARTITION} SET plain_bytes = ? WHERE sequence = ${EVENTS + 1}`).run(plainBytes);
  } finally {
    db.close();
  }
  return ledger;
}

interface Outcome {
  readonly delivered: readonly string[];
  readonly error: unknown;
}

async function replayOf(ledger: string, determinism: 'strict' | 'relaxed'): Promise<Outcome> {
  const engine = await Completengine.open({ ledger, create: false, access: 'read' });
  onTestFinished(() => engine.close());
  const delivered: string[] = [];
  try {
    for await (const { payload } of engine.replay({ determinism })) delivered.push(payload.toString());
    return { delivered, error: null };
  } catch (error) {
    return { delivered, error };
  }
}

/** All events before the damage, and an error that names it. */
function expectNamed({ delivered, error }: Outcome, sound: readonly string[], where: string): void {
  expect(error, where).toBeInstanceOf(LedgerError);
  const { code, message } = error as LedgerError;
  expect(code, where).toBe('VERIFICATION_FAILED');
  expect(message, where).toContain(`the commit at sequence ${EVENTS + 1} is corrupt`);
  expect(message, where).toContain(`partition ${PARTITION}`);
  expect(delivered, where).toEqual(sound.slice(0, EVENTS));
}

it('names commit and partition of a flipped bit anywhere in a compressed body, or delivers what was committed', async () => {
  const original = await makeLedger();
  const random = seededForTest();
  const body = bodyOf(original);
  const sound = (await replayOf(original, 'strict')).delivered;
  expect(sound).toHaveLength(COMMITS * EVENTS);
  let named = 0;
  for (let flip = 0; flip < FLIPS; flip++) {
    const altered = Buffer.from(body);
    const [at, bit] = [random.between(0, body.length - 1), random.between(0, 7)];
    altered[at] = (altered[at] as number) ^ (1 << bit);
    const where = `seed ${random.seed}, byte ${at} of ${body.length}, bit ${bit}`;
    const ledger = withBody(original, altered);
    const strict = await replayOf(ledger, 'strict');
    if (strict.error === null) expect(strict.delivered, where).toEqual(sound);
    else {
      named++;
      expectNamed(strict, sound, where);
    }
    // it computes no hash, and the body's own checksum shows it
    const relaxed = await replayOf(ledger, 'relaxed');
    if (relaxed.error === null) expect(relaxed.delivered, where).toEqual(sound);
    else expectNamed(relaxed, sound, where);
  }
  expect(named).toBeGreaterThan(FLIPS * 0.7);
}, 120_000);

it.each([
  ['cut', (body: Buffer) => body.subarray(0, -1)],
  ['cut to its header', (body: Buffer) => body.subarray(0, 8)],
  ['empty', () => Buffer.alloc(0)],
  ['followed by a byte', (body: Buffer) => Buffer.concat([body, Buffer.from([0])])],
  ['followed by itself', (body: Buffer) => Buffer.concat([body, body])],
  ['of zeros', (body: Buffer) => Buffer.alloc(body.length)],
])('names commit and partition of a body that is %s', async (_, change) => {
  const original = await makeLedger();
  const sound = (await replayOf(original, 'strict')).delivered;
  const ledger = withBody(original, change(bodyOf(original)));
  for (const determinism of ['strict', 'relaxed'] as const)
    expectNamed(await replayOf(ledger, determinism), sound, determinism);
});

const MIB = 1024 * 1024;

it.each([
  // 4 bytes become 128 KiB: 32 KiB of them would be a gibibyte
  { name: 'declares its size', declared: 1024 * MIB, blocks: 8192, plainBytes: 1024 * MIB },
  { name: 'declares the size of the row', declared: 2000, blocks: 8192, plainBytes: 2000 },
  { name: 'declares a petabyte', declared: 2 ** 50, blocks: 8192, plainBytes: 2 ** 50 },
  { name: 'declares more than its row', declared: 1024 * MIB, blocks: 8192, plainBytes: 64 * MIB },
])('takes no memory for a bomb that $name', async ({ declared, blocks, plainBytes }) => {
  const original = await makeLedger();
  const sound = (await replayOf(original, 'strict')).delivered;
  const ledger = withBody(original, bomb(declared, blocks), plainBytes);
  const before = process.memoryUsage().rss;
  for (const determinism of ['strict', 'relaxed'] as const)
    expectNamed(await replayOf(ledger, determinism), sound, determinism);
  expect(process.memoryUsage().rss - before).toBeLessThan(256 * MIB);
});
