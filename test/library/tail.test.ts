import { expect, test } from 'vitest';
import { type LedgerEvent, placedBy } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { DELAY_MS_MAX, recordedDelays } from '../support/timer-delays.ts';
import { turns } from '../support/turns.ts';
import { until } from '../support/until.ts';

async function take(events: AsyncIterable<LedgerEvent>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const { payload } of events) {
    taken.push(payload.toString());
    if (taken.length === count) break;
  }
  return taken;
}

test('tail yields the last events with their places', async () => {
  const engine = await openEngine({ partitions: 1 });
  await engine.emit(Array.from({ length: 12 }, (_, n) => n));
  const events: LedgerEvent[] = [];
  for await (const event of engine.tail({ last: 2 })) events.push(event);
  expect(events).toMatchObject([
    { sequence: 11, partition: 'p0', offset: 10, key: null, payload: Buffer.from('10') },
    { sequence: 12, partition: 'p0', offset: 11, key: null, payload: Buffer.from('11') },
  ]);
  expect(await payloadsOf(engine.tail())).toHaveLength(10);
});

test('tail awaited is its report', async () => {
  const engine = await openEngine();
  await engine.emit([1, 2, 3]);
  expect(await engine.tail({ last: 2 })).toMatchObject({
    events: 2,
    firstSequence: 2,
    lastSequence: 3,
    isVerified: false,
  });
});

test('a tail that follows delivers what this engine and others commit', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  const other = await openEngine({ ledger });
  await engine.emit('1');
  const delivered = take(engine.tail({ follow: true }), 4);
  await engine.emit('2');
  await other.emit('3');
  await engine.emit('4');
  expect(await delivered).toEqual(['1', '2', '3', '4']);
});

test('a tail that follows from a time to come leaves out new events before it', async () => {
  const engine = await openEngine({ time: 'at' });
  const emit = (at: string) => engine.emit({ at });
  await emit('2026-01-01T00:00:00Z');
  let through = 0;
  const onProgress = (progress: { through: number }) => {
    through = progress.through;
  };
  const delivered = take(engine.tail({ from: '2026-03-01T00:00:00Z', follow: true, onProgress }), 2);
  await until(() => through === 1);
  await emit('2026-02-01T00:00:00Z');
  await until(() => through === 2);
  await emit('2026-03-01T00:00:00Z');
  await emit('2026-04-01T00:00:00Z');
  expect(await delivered).toEqual(['{"at":"2026-03-01T00:00:00Z"}', '{"at":"2026-04-01T00:00:00Z"}']);
});

test('several tails follow at the same time, and one that ends leaves the others', async () => {
  const engine = await openEngine();
  const short = take(engine.tail({ follow: true }), 1);
  const long = take(engine.tail({ follow: true }), 3);
  for (const n of ['1', '2', '3']) {
    await engine.emit(n);
    if (n === '1') await short;
  }
  expect(await short).toEqual(['1']);
  expect(await long).toEqual(['1', '2', '3']);
});

test('a tail that follows ends when its signal aborts, without an error', async () => {
  const engine = await openEngine();
  await engine.emit('1');
  const controller = new AbortController();
  const events = engine.tail({ follow: true, signal: controller.signal })[Symbol.asyncIterator]();
  expect((await events.next()).value?.payload.toString()).toBe('1');
  const next = events.next();
  // now it waits for another event
  await turns();
  controller.abort();
  expect(await next).toMatchObject({ done: true });
  expect(await payloadsOf(engine.tail({ follow: true, signal: AbortSignal.abort() }))).toEqual([]);
});

test('a tail of some partitions delivers only those', async () => {
  const engine = await openEngine({ routing: placedBy('to'), partitions: ['herring', 'cod'] });
  const delivered = take(engine.tail({ partitions: ['cod'], follow: true }), 2);
  for (const to of ['cod', 'herring', 'cod']) await engine.emit({ to });
  expect(await delivered).toEqual(['{"to":"cod"}', '{"to":"cod"}']);
  await failureOf(async () => engine.tail({ partitions: ['squid'] }), 'UNKNOWN_PARTITION');
});

test('a tail that waits for weeks of silence sleeps meanwhile', async () => {
  const engine = await openEngine();
  const delays = recordedDelays();
  const delivered = take(engine.tail({ from: 'start', idleMs: 40 * 24 * 3600 * 1000 }), 1);
  await until(() => delays().includes(DELAY_MS_MAX));
  await engine.emit('1');
  expect(await delivered).toEqual(['1']);
  expect(Math.max(...delays())).toBe(DELAY_MS_MAX);
});

test('a tail that follows ends with CLOSED when its engine is closed', async () => {
  const engine = await openEngine();
  await engine.emit('1');
  const delivered = payloadsOf(engine.tail({ follow: true }));
  await engine.emit('2');
  const failed = failureOf(() => delivered, 'CLOSED');
  await engine.close();
  await failed;
});

test('a consumer that is slow holds back no emitter', async () => {
  const engine = await openEngine();
  const events = engine.tail({ follow: true })[Symbol.asyncIterator]();
  await engine.emit('"first"');
  expect((await events.next()).value?.payload.toString()).toBe('"first"');
  for (let n = 0; n < 200; n++) await engine.emit({ n });
  expect((await engine.head()).sequence).toBe(201);
  expect((await events.next()).value?.sequence).toBe(2);
  await events.return?.();
});
