/** The moving figures of a ledger, polled repeatedly. */

import { renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import type { Completengine } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';

function rawDatabase(path: string): Database.Database {
  const db = new Database(path);
  onTestFinished(() => void db.close());
  return db;
}

async function storedBytes(engine: Completengine): Promise<number> {
  return (await engine.inspect()).partitions.reduce((sum, { bytes }) => sum + bytes, 0);
}

test('an empty ledger has none, and a first poll has no growth', async () => {
  const engine = await openEngine({ partitions: 2 });
  expect(await engine.gauges()).toMatchObject({
    head: { sequence: 0 },
    firstTime: null,
    committedAt: null,
    partitions: [
      { id: 0, name: 'p0', events: 0, lastTime: null },
      { id: 1, name: 'p1', events: 0, lastTime: null },
    ],
    growth: null,
    producers: [],
  });
  expect((await engine.gauges(0)).growth).toEqual({ commits: 0, bytes: 0 });
});

test('growth is what others have committed since the previous poll, to the byte', async () => {
  const ledger = ledgerPath();
  const writer = await openEngine({ ledger, routing: 'hash:n', partitions: 4 });
  const reader = await openEngine({ ledger, access: 'read' });
  await writer.emit(Array.from({ length: 50 }, (_, n) => ({ n })));
  const first = await reader.gauges();
  const before = await storedBytes(reader);
  for (let n = 0; n < 7; n++) await writer.emit([{ n }, { n: n + 1, text: 'x'.repeat(n * 100) }]);
  const next = await reader.gauges(first.head.sequence);
  expect(next.growth).toEqual({ commits: 7, bytes: (await storedBytes(reader)) - before });
  expect(next.head).toEqual(await writer.head());
  const { partitions } = await writer.inspect();
  expect(next.partitions).toEqual(partitions.map(({ id, name, events, lastTime }) => ({ id, name, events, lastTime })));
  expect((await reader.gauges(next.head.sequence)).growth).toEqual({ commits: 0, bytes: 0 });
});

test('more commits than can be counted cheaply are not counted', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1 });
  await engine.emit({ n: 1 });
  rawDatabase(ledger).exec(`
    WITH RECURSIVE n (sequence) AS (SELECT 2 UNION ALL SELECT sequence + 1 FROM n WHERE sequence < 50002)
    INSERT INTO commits (first_sequence, count, first_time, last_time, committed_at, hash)
    SELECT sequence, 1, first_time, last_time, committed_at, hash FROM n JOIN commits ON first_sequence = 1`);
  expect((await engine.gauges(1)).growth).toBeNull();
  expect((await engine.gauges(2)).growth).toEqual({ commits: 50_000, bytes: 0 });
});

test('a partition that is added is seen at the next look', async () => {
  const ledger = ledgerPath();
  const writer = await openEngine({ ledger, routing: 'hash:n', partitions: 2 });
  const reader = await openEngine({ ledger, access: 'read' });
  expect((await reader.gauges()).partitions).toHaveLength(2);
  await writer.partitioning.add(['extra']);
  expect((await reader.gauges()).partitions.map(({ name }) => name)).toEqual(['p0', 'p1', 'extra']);
  expect(reader.identity.epochs).toHaveLength(2);
});

test('the WAL can be written back between two polls, and then nothing is pending', async () => {
  const ledger = ledgerPath();
  const writer = await openEngine({ ledger });
  const reader = await openEngine({ ledger, access: 'read' });
  await writer.emit({ n: 1 });
  const {
    storage: { bytes, log },
  } = await reader.gauges();
  expect(bytes).toBeGreaterThan(0);
  expect(log?.waitingBytes).toBeGreaterThan(0);
  expect(log?.bytes).toBeGreaterThanOrEqual(Number(log?.waitingBytes));
  expect(rawDatabase(ledger).pragma('wal_checkpoint(TRUNCATE)')).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
  expect((await reader.gauges()).storage.log).toEqual({ bytes: 0, waitingBytes: 0 });
});

test('the description and the gauges agree about the storage', async () => {
  const engine = await openEngine();
  await engine.emit({ n: 1 });
  const { bytes, log } = (await engine.inspect()).storage;
  expect(log?.waitingBytes).toBeGreaterThan(0);
  expect((await engine.gauges()).storage).toEqual({ bytes, log });
});

test('producers are reported with their positions', async () => {
  const engine = await openEngine();
  await engine.emit(
    (async function* () {
      yield '1\n2\n';
    })(),
    { producer: 'shipper' },
  );
  expect((await engine.gauges()).producers).toEqual([{ name: 'shipper', position: 4 }]);
});

test('a replaced ledger is reported', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, access: 'write' });
  renameSync(ledger, `${ledger}.moved`);
  await failureOf(() => engine.gauges(), 'LEDGER_REPLACED');
  renameSync(`${ledger}.moved`, ledger);
});
