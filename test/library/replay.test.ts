import { expect, test } from 'vitest';
import { hashOf, type Sink } from '../../src/index.ts';
import { earthquakeEngine, failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';

test('a replay is awaited for its report or iterated for its events, and both agree', async () => {
  const engine = await earthquakeEngine();
  const range = { from: '2018-02-02', until: '2018-02-03' };
  const report = await engine.replay(range);
  const sequences: number[] = [];
  for await (const { sequence } of engine.replay(range)) sequences.push(sequence);
  expect(report).toMatchObject({
    events: sequences.length,
    firstSequence: sequences[0],
    lastSequence: sequences.at(-1),
    isVerified: true,
    isComplete: true,
  });
  expect(report.digest).toMatch(/^[0-9a-f]{64}$/);
  expect((await engine.replay(range)).digest).toBe(report.digest);
});

test('no later commit enters a replay that has begun', async () => {
  const engine = await openEngine();
  await engine.emit([1, 2]);
  const delivered: string[] = [];
  for await (const { payload } of engine.replay()) {
    delivered.push(payload.toString());
    await engine.emit('"more"');
  }
  expect(delivered).toEqual(['1', '2']);
});

test('an abandoned replay releases the ledger', async () => {
  const engine = await earthquakeEngine();
  for await (const { sequence } of engine.replay()) if (sequence === 3) break;
  await engine.emit('{"properties":{"net":"ci","time":1518000000000}}');
  expect((await engine.head()).sequence).toBe(1708);
});

test('a replay ends early when its signal aborts, and says so', async () => {
  const engine = await earthquakeEngine();
  expect(await engine.replay({ signal: AbortSignal.abort() })).toMatchObject({ events: 0, isComplete: false });
});

test('a replay can be read only once', async () => {
  const engine = await earthquakeEngine();
  const replay = engine.replay({ throughSequence: 1 });
  await replay;
  await failureOf(() => payloadsOf(replay), 'INVALID_ARGUMENT');
});

test('a replay is delivered to a sink, which may end it', async () => {
  const engine = await openEngine();
  await engine.emit([1, 2]);
  await engine.emit([3]);
  const delivered: string[] = [];
  const taking: Sink = {
    deliver: async (batches) => {
      for (const batch of batches) delivered.push(batch.lines().toString());
      return true;
    },
  };
  expect(await engine.replay().deliver(taking)).toMatchObject({ events: 3, isComplete: true });
  expect(delivered.join('')).toBe('1\n2\n3\n');
  expect(await engine.replay().deliver({ deliver: async () => false })).toMatchObject({ isComplete: false });
});

test('determinism is the ledger’s, the engine’s or the call’s, the nearest first', async () => {
  const ledger = ledgerPath();
  const relaxed = await openEngine({ ledger, determinism: 'relaxed' });
  const strict = await openEngine({ ledger, determinism: 'strict' });
  const plain = await openEngine({ ledger });
  expect((await relaxed.replay()).isVerified).toBe(false);
  expect((await strict.replay()).isVerified).toBe(true);
  expect((await plain.replay()).isVerified).toBe(false);
  expect((await strict.replay({ determinism: 'relaxed' })).isVerified).toBe(false);
});

test.each([
  ['INVALID_RANGE', { from: '2026-02-02', through: '2026-02-01' }],
  ['INVALID_RANGE', { fromSequence: 5, throughSequence: 4 }],
  ['INVALID_TIME', { from: '2026-02-30' }],
  ['INVALID_TIME', { from: '2026-02-01', zone: 'Mars/Olympus' }],
  ['INVALID_ARGUMENT', { from: 'now', fromSequence: 1 }],
  ['INVALID_ARGUMENT', { through: 'now', until: 'now' }],
  ['INVALID_ARGUMENT', { fromSequence: 0 }],
  ['INVALID_ARGUMENT', { throughSequence: 1.5 }],
  ['UNKNOWN_PARTITION', { partitions: ['p99'] }],
] as const)('a replay is refused with %s for %j', async (code, options) => {
  const engine = await openEngine();
  await failureOf(async () => await engine.replay(options), code);
});

test('event() finds one event by its sequence', async () => {
  const engine = await openEngine({ routing: hashOf('k'), partitions: 1 });
  await engine.emit([{ k: 'a' }, { k: 'b' }]);
  expect(await engine.event(2)).toMatchObject({
    sequence: 2,
    partition: 'p0',
    offset: 1,
    key: 'b',
    payload: Buffer.from('{"k":"b"}'),
  });
  await failureOf(() => engine.event(3), 'INVALID_RANGE');
  await failureOf(() => engine.event(0), 'INVALID_ARGUMENT');
});
