import { PassThrough } from 'node:stream';
import Database from 'better-sqlite3';
import { afterEach, expect, test, vi } from 'vitest';
import { Watching } from '../../src/core/engine/watch.ts';
import { SqliteLedger } from '../../src/core/ledger/sqlite/sqlite-ledger.ts';
import { Completengine, formatHead, hashOf, LedgerError } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine, parkedBy, payloadsOf } from '../support/engines.ts';
import { expectSoundLedger } from '../support/invariants.ts';

afterEach(() => vi.restoreAllMocks());

test('a closed engine refuses everything with CLOSED, and can be closed again', async () => {
  const engine = await openEngine();
  await engine.emit('1');
  await engine.close();
  await engine.close();
  await failureOf(() => engine.emit('2'), 'CLOSED');
  await failureOf(() => engine.emit(['2']), 'CLOSED');
  await failureOf(() => engine.head(), 'CLOSED');
  await failureOf(() => engine.inspect(), 'CLOSED');
  await failureOf(() => engine.verify(), 'CLOSED');
  await failureOf(() => engine.event(1), 'CLOSED');
  await failureOf(async () => await engine.replay(), 'CLOSED');
  await failureOf(() => payloadsOf(engine.tail()), 'CLOSED');
  await failureOf(() => payloadsOf(engine.tail({ follow: true })), 'CLOSED');
});

test('a call that returns a promise rejects it for wrong arguments', async () => {
  const engine = await openEngine();
  const wrong: Record<string, () => Promise<unknown>> = {
    emit: () => engine.emit({}, { to: 'nowhere' }),
    ingest: () => engine.ingest([], { producer: 'NO NAME' }),
    range: () => engine.range({ speed: 'soon' }),
    dryRun: () => engine.dryRun({ speed: 'soon' }),
    replayInto: () => engine.replayInto(engine),
    subscribe: () => engine.subscribe({ capacity: 0 }, () => {}),
    planCursors: () => engine.planCursors('nobody', { from: 'sometime' }),
    setCursors: () => engine.setCursors('nobody', { from: 'sometime' }),
    parked: () => parkedBy(engine, 'nobody'),
    redeliver: () => engine.redeliver('nobody'),
    dropParked: () => engine.dropParked('nobody', [1]),
    event: () => engine.event(0),
    verify: () => engine.verify({ expectHead: 'nonsense' }),
    add: () => engine.partitioning.add(['NO NAME']),
    place: () => engine.partitioning.place([{ key: 'k', partition: 'nowhere' }]),
    reroute: () => engine.partitioning.reroute('nonsense'),
    previewReroute: () => engine.partitioning.previewReroute('nonsense'),
    explain: () => engine.partitioning.explain([['a', 'b']]),
    open: () => Completengine.open({ ledger: ledgerPath(), routing: 'nonsense' }),
    create: () => Completengine.create(ledgerPath(), { routing: 'nonsense' }),
  };
  for (const [name, call] of Object.entries(wrong)) {
    const promise = call();
    await expect(promise, name).rejects.toBeInstanceOf(LedgerError);
  }
});

test('close waits for the commits on their way', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  const receipts = Promise.all(Array.from({ length: 100 }, (_, n) => engine.emit({ n })));
  await engine.close();
  expect(await receipts).toHaveLength(100);
  expect(await expectSoundLedger(ledger)).toHaveLength(100);
});

test('the last one to close leaves one file', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  await engine.emit('1');
  await engine.close();
  const { readdirSync } = await import('node:fs');
  const { dirname } = await import('node:path');
  expect(readdirSync(dirname(ledger))).toEqual(['events.codex']);
});

test('inspect describes the ledger', async () => {
  const engine = await openEngine({ routing: hashOf('k'), partitions: ['a', 'b'], time: 'at', unique: 'id' });
  await engine.emit({ k: 1, at: '2026-01-01T00:00:00Z', id: 1 });
  const description = await engine.inspect();
  expect(description).toMatchObject({
    format: 1,
    commits: 1,
    head: { sequence: 1, time: Date.UTC(2026, 0, 1) * 1000 },
    firstTime: Date.UTC(2026, 0, 1) * 1000,
    identity: { config: { time: ['at'], unique: [['id']], durability: 'full' } },
  });
  expect(description.partitions.reduce((sum, { events }) => sum + events, 0)).toBe(1);
});

test('verify proves the whole ledger, and that it extends a head kept earlier', async () => {
  const engine = await openEngine();
  const anchors = [await engine.head()];
  for (const event of ['1', '2']) {
    await engine.emit(event);
    anchors.push(await engine.head());
  }
  const progress: number[] = [];
  expect(await engine.verify({ onProgress: ({ events }) => void progress.push(events) })).toMatchObject({
    events: 2,
    commits: 2,
    isAnchored: false,
  });
  for (const anchor of anchors) expect((await engine.verify({ expectHead: formatHead(anchor) })).isAnchored).toBe(true);
  await failureOf(() => engine.verify({ expectHead: `3:${'0'.repeat(64)}` }), 'HEAD_MISMATCH');
  await failureOf(() => engine.verify({ expectHead: `1:${'0'.repeat(64)}` }), 'HEAD_MISMATCH');
  await failureOf(() => engine.verify({ expectHead: 'nonsense' }), 'INVALID_ARGUMENT');
});

test('verify and strict replay find a changed event, and deliver nothing of its commit', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1 });
  for (const event of ['"one"', '"two"']) await engine.emit(event);
  const db = new Database(ledger);
  db.exec(`UPDATE p0 SET body = CAST(replace(CAST(body AS TEXT), 'two', 'owt') AS BLOB)`);
  db.close();
  await failureOf(() => engine.verify(), 'VERIFICATION_FAILED');
  const delivered: string[] = [];
  await failureOf(async () => {
    for await (const { payload } of engine.replay()) delivered.push(payload.toString());
  }, 'VERIFICATION_FAILED');
  expect(delivered).toEqual(['"one"']);
});

test('an engine that cannot get the ledger within its time is BUSY, and works again afterwards', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, busyTimeoutMs: 100 });
  const db = new Database(ledger);
  db.exec('BEGIN IMMEDIATE');
  const error = await failureOf(() => engine.emit('1'), 'BUSY');
  expect(error.details).toEqual({ path: ledger, limitMs: 100 });
  db.exec('ROLLBACK');
  db.close();
  expect((await engine.emit('1')).sequence).toBe(1);
});

test('what cannot be closed is reported, when all the rest is closed', async () => {
  const engine = await Completengine.open({ ledger: ledgerPath() });
  const following = engine.tail({ follow: true })[Symbol.asyncIterator]();
  await engine.emit({ n: 1 });
  await following.next();
  const next = following.next();
  const failure = new Error('the watch cannot be closed');
  vi.spyOn(Watching.prototype, 'close').mockImplementationOnce(() => {
    throw failure;
  });
  await expect(engine.close()).rejects.toBe(failure);
  await failureOf(() => next, 'CLOSED');
  await failureOf(() => engine.head(), 'CLOSED');
  await expect(engine.close()).rejects.toBe(failure);
});

test('a transaction that cannot begin leaves no open connection', async () => {
  const path = ledgerPath();
  const engine = await openEngine({ ledger: path, busyTimeoutMs: 1 });
  await engine.emit({ n: 1 });
  const lock = new Database(path);
  lock.exec('BEGIN IMMEDIATE');
  const closed = vi.spyOn(SqliteLedger.prototype, 'close');
  async function* lines() {
    yield '{"n":2}\n';
  }
  await failureOf(() => engine.emit(lines(), { atomic: true }), 'BUSY');
  expect(closed).toHaveBeenCalledTimes(1);
  lock.exec('ROLLBACK');
  lock.close();
});

test('a signal that came before ends an input that is to go in whole, though nothing of it ever comes', async () => {
  const engine = await openEngine();
  const report = await engine.emit(new PassThrough(), { atomic: true, signal: AbortSignal.abort() });
  expect(report).toMatchObject({ isComplete: false, events: 0 });
});

test('an engine and a subscription are closed at the end of their block', async () => {
  let after: Completengine;
  let ended: Promise<void>;
  {
    await using engine = await Completengine.open({ ledger: ledgerPath() });
    await using subscription = await engine.subscribe({ group: 'g' }, () => {});
    await engine.emit('1');
    after = engine;
    ended = subscription.finished;
  }
  await ended;
  await failureOf(() => after.head(), 'CLOSED');
});
