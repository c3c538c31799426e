/** Compaction of a live ledger: frames change their form, and nothing that is stored changes. */

import { copyFileSync, createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openSqliteLedger } from '../../src/core/ledger/sqlite/connection/open.ts';
import { Completengine, formatHead, hashOf } from '../../src/index.ts';
import { EARTHQUAKES } from '../support/cli.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { compressedFrames, rawContent } from '../support/raw-ledger.ts';

const PAD = 'x'.repeat(700);

async function earthquakes(ledger: string, compression: string): Promise<Completengine> {
  const engine = await openEngine({
    ledger,
    routing: hashOf('properties.net'),
    time: 'properties.time',
    compression,
  });
  await engine.emit(createReadStream(EARTHQUAKES));
  return engine;
}

const headOf = async (engine: Completengine): Promise<string> => formatHead(await engine.head());
const digestOf = async (engine: Completengine): Promise<string> => (await engine.replay()).digest;

/** Runs SQL on the file, past the engine. */
function alter(ledger: string, sql: string): void {
  const db = new Database(ledger);
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}

it('compresses a plain ledger and makes it plain again: same head, digest and content', async () => {
  const ledger = ledgerPath();
  const engine = await earthquakes(ledger, 'none');
  const [head, digest, content, before] = [
    await headOf(engine),
    await digestOf(engine),
    rawContent(ledger),
    storedEvents(ledger),
  ];

  const compressed = await engine.compact({ compression: 'zstd' });
  expect(compressed).toMatchObject({ isComplete: true, canGiveBack: true, freeBytes: 0 });
  expect(compressed.frames).toBe(compressedFrames(ledger));
  expect(compressed.frames).toBeGreaterThan(0);
  expect(compressed.bytesAfter).toBeLessThan(compressed.bytesBefore / 3);
  expect(compressed.storageBytesAfter).toBeLessThan(compressed.storageBytesBefore / 2);
  expect([await headOf(engine), await digestOf(engine), rawContent(ledger)]).toEqual([head, digest, content]);
  expect(storedEvents(ledger)).toEqual(before);
  expect((await engine.verify()).events).toBe(before.length);

  expect(await engine.compact({ compression: 'zstd' })).toMatchObject({ frames: 0, isComplete: true });
  const plain = await engine.compact({ compression: 'none' });
  expect(plain.frames).toBe(compressed.frames);
  expect(plain.bytesAfter).toBe(compressed.bytesBefore);
  expect(compressedFrames(ledger)).toBe(0);
  expect([await headOf(engine), await digestOf(engine), rawContent(ledger)]).toEqual([head, digest, content]);
});

it('lets the view follow: it needs zstd_text() only while a frame may be compressed', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 2 });
  for (let n = 0; n < 6; n++) await engine.emit({ n, PAD });
  const other = await openEngine({ ledger });
  const view = (): string => {
    const db = new Database(ledger, { readonly: true });
    onTestFinished(() => void db.close());
    return db.prepare<[], string>("SELECT sql FROM sqlite_schema WHERE name = 'events'").pluck().get() ?? '';
  };
  await engine.compact({ compression: 'none' });
  expect(view()).not.toContain('zstd_text');
  await engine.compact({ compression: 'zstd' });
  expect(view()).toContain('zstd_text');
  // openings of before go on, and new frames are stored as the settings say
  await other.emit({ n: 6, PAD });
  await engine.partitioning.add(['more']);
  expect(view()).toContain('zstd_text');
  expect(compressedFrames(ledger)).toBe(6);
  await other.compact({ compression: 'none', before: new Date(0) });
  expect(view()).toContain('zstd_text');
  expect(await other.compact()).toMatchObject({ frames: 0 });
  expect(compressedFrames(ledger)).toBe(6);
  await other.compact({ compression: 'none' });
  expect(view()).not.toContain('zstd_text');
  expect(await expectSoundLedger(ledger)).toHaveLength(7);
});

it('keeps the view of a ledger that compresses', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1, compression: 'zstd' });
  await engine.emit({ n: 1, PAD });
  expect(await engine.compact({ compression: 'none' })).toMatchObject({ frames: 1 });
  expect(compressedFrames(ledger)).toBe(0);
  await engine.emit({ n: 2, PAD });
  expect(await engine.compact({ compression: 'zstd' })).toMatchObject({ frames: 1 });
  expect(compressedFrames(ledger)).toBe(2);
  expect(await expectSoundLedger(ledger)).toHaveLength(2);
});

it('rewrites only frames whose events are all before a time', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1, time: 't' });
  const hour = (n: number): string => `2026-04-12T0${n}:00:00Z`;
  for (let n = 0; n < 6; n++) await engine.emit({ t: hour(n), PAD });
  await engine.emit([
    { t: hour(6), PAD },
    { t: hour(8), PAD },
  ]);
  expect(await engine.compact({ compression: 'zstd', before: hour(3) })).toMatchObject({ frames: 3 });
  expect(await engine.compact({ compression: 'zstd', before: '2026-04-12T07:00', zone: 'UTC' })).toMatchObject({
    frames: 3,
  });
  expect(await engine.compact({ compression: 'zstd' })).toMatchObject({ frames: 1 });
  await failureOf(() => engine.compact({ compression: 'zstd', before: 'never' }), 'INVALID_TIME');
  await failureOf(() => engine.compact({ before: hour(3) }), 'INVALID_ARGUMENT');
  await failureOf(() => engine.compact({ compression: 'lz4' }), 'INVALID_ARGUMENT');
});

/** Frames, each a commit of its own: more than one transaction rewrites. */
const FRAMES = 700;
const directory = mkdtempSync(join(tmpdir(), 'completengine-test-'));
const template = join(directory, 'frames.codex');

beforeAll(async () => {
  const engine = await Completengine.open({ ledger: template, partitions: 1, durability: 'normal' });
  for (let n = 0; n < FRAMES; n++) await engine.emit({ n, PAD });
  await engine.close();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A new ledger of many frames. */
function manyFrames(): string {
  const ledger = ledgerPath();
  copyFileSync(template, ledger);
  return ledger;
}

it('stops between two transactions when its signal says so, and continues when it is called again', async () => {
  const ledger = manyFrames();
  const engine = await openEngine({ ledger });
  const digest = await digestOf(engine);
  const stop = new AbortController();
  const first = await engine.compact({ compression: 'zstd', signal: stop.signal, onProgress: () => stop.abort() });
  expect(first).toMatchObject({ isComplete: false, frames: 512 });
  expect(compressedFrames(ledger)).toBe(512);
  expect(await engine.compact({ compression: 'zstd', signal: AbortSignal.abort() })).toMatchObject({
    isComplete: false,
    frames: 0,
  });
  expect(await engine.compact({ compression: 'zstd' })).toMatchObject({ isComplete: true, frames: FRAMES - 512 });
  expect(await digestOf(engine)).toBe(digest);
});

it('refuses a frame that is damaged, names it, and leaves it as it is', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1 });
  for (let n = 0; n < 4; n++) await engine.emit({ n, PAD });
  alter(ledger, "UPDATE p0 SET body = CAST(replace(CAST(body AS TEXT), 'xxx', 'xyx') AS BLOB) WHERE sequence = 3");
  const content = rawContent(ledger);
  const failure = await failureOf(() => engine.compact({ compression: 'zstd' }), 'VERIFICATION_FAILED');
  expect(failure.message).toBe('the commit at sequence 3 is corrupt: checksum mismatch in partition 0');
  expect(rawContent(ledger)).toBe(content);
});

it('keeps free pages in a file that was created without a map of its pages, and says so', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1 });
  await engine.emit(Array.from({ length: 400 }, (_, n) => ({ n, PAD })));
  await engine.close();
  alter(ledger, 'PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM; PRAGMA journal_mode = WAL');
  const again = await openEngine({ ledger });
  const report = await again.compact({ compression: 'zstd' });
  expect(report).toMatchObject({ canGiveBack: false, isComplete: true, frames: 1 });
  expect(report.freeBytes).toBeGreaterThan(100_000);
  expect(report.storageBytesAfter).toBeGreaterThanOrEqual(report.storageBytesBefore);
});

it('stops with BUSY while a reader keeps the WAL from being written back, and has done what it had done', async () => {
  const ledger = manyFrames();
  const reader = new Database(ledger, { readonly: true });
  onTestFinished(() => void reader.close());
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM commits').get();
  const opened = await openSqliteLedger(ledger, { access: 'write', busyLimit: { limitMs: 5000 } });
  onTestFinished(() => opened.close());
  const { compaction } = opened;
  const request = { rewrite: { compression: { codec: 'zstd', level: 1 } as const, before: null } };
  const limits = { walBytesMax: 64 * 1024, waitMs: 60 };
  const failure = await failureOf(() => compaction.compact(request, limits), 'BUSY');
  expect(failure.message).toMatch(/a reader has kept \d+ bytes of the WAL/);
  const done = compressedFrames(ledger);
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(FRAMES);
  reader.exec('COMMIT');
  expect(await compaction.compact(request, limits)).toMatchObject({
    isComplete: true,
    frames: FRAMES - done,
    freeBytes: 0,
  });
});

it('is refused by an engine that only reads, and by one that is closed', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  const reader = await openEngine({ ledger, access: 'read' });
  await expect(reader.compact({ compression: 'none' })).rejects.toThrow();
  await engine.close();
  await failureOf(() => engine.compact(), 'CLOSED');
});
