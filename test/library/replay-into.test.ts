import { expect, test } from 'vitest';
import {
  Completengine,
  compositeOf,
  type EventInput,
  hashOf,
  type LedgerError,
  Playback,
  placedBy,
  rangeOf,
} from '../../src/index.ts';
import { earthquakeEngine, FakeClock, failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { FakeTimer } from '../support/fake-timer.ts';
import { seededForTest } from '../support/seeded.ts';

/** Every event of a ledger with its time; its partition is the ledger's own choice. */
async function historyOf(engine: Completengine): Promise<string[]> {
  const events: string[] = [];
  for await (const { sequence, time, payload } of engine.replay()) events.push(`${sequence} ${time} ${payload}`);
  return events;
}

test('order, times and bytes stay, whatever the routing it goes to', async () => {
  const source = await earthquakeEngine();
  for (const partition of [
    hashOf(),
    rangeOf('properties.mag', [1, 2, 4], { missing: 'unknown' }),
    compositeOf('properties.net', 'properties.type'),
  ]) {
    // its own times lie elsewhere than the ledger's: they are not read
    const target = await openEngine({ routing: partition, time: 'properties.updated' });
    const report = await source.replayInto(target);
    expect(report).toMatchObject({ events: 1707, resumedBehind: null, isComplete: true });
    expect(await historyOf(target)).toEqual(await historyOf(source));
    expect((await target.replay()).digest).toBe((await source.replay()).digest);
    expect(report.head).toEqual(await target.head());
    await target.verify();
  }
});

test('payloads with blanks, carriage returns and long numbers arrive as they are', async () => {
  const clock = new FakeClock();
  const source = await openEngine({ clock });
  const payloads = ['  {"a" : 1e2}\t', '1\r', '[2]\r\r', '"\\u0000"', '123456789012345678901234567890', '"🐋"'];
  for (const payload of payloads) {
    await source.emit(payload);
    clock.micros += 17;
  }
  const target = await openEngine({ clock });
  await source.replayInto(target);
  // the end of a line takes one carriage return with it
  expect(await payloadsOf(target.replay())).toEqual(payloads.map((payload) => payload.replace(/\r$/, '')));
  expect(await historyOf(target)).toEqual(await historyOf(source));
});

test('one that another has overtaken says so, though to it all the rest is late', async () => {
  const clock = new FakeClock();
  const source = await openEngine({ clock });
  for (const payload of [1, 2, 3]) {
    await source.emit(payload);
    clock.micros += 1000;
  }
  const target = await openEngine({ clock });
  const playback = new Playback({ isPaused: true });
  // its range is fixed and its position in the target known, and nothing is delivered yet
  let slow: Promise<LedgerError> | undefined;
  await new Promise<void>((resolve) => {
    slow = failureOf(() => source.replayInto(target, { playback, onProgress: () => resolve() }), 'PRODUCER_CONFLICT');
  });
  const other = await Completengine.open({ ledger: target.identity.path });
  await source.replayInto(other);
  await other.close();
  playback.resume();
  expect((await slow)?.message).toContain('another replay is writing to it');
  expect(await historyOf(target)).toEqual(await historyOf(source));
});

test('run again, it continues after what the target holds', async () => {
  const source = await openEngine();
  const target = await openEngine();
  await source.emit([1, 2, 3]);
  expect(await source.replayInto(target)).toMatchObject({ events: 3, resumedBehind: null });
  expect(await source.replayInto(target)).toMatchObject({ events: 0, resumedBehind: 3 });
  await source.emit([4]);
  await source.emit([5]);
  expect(await source.replayInto(target, { throughSequence: 4 })).toMatchObject({
    events: 1,
    firstSequence: 4,
    resumedBehind: 3,
  });
  expect(await source.replayInto(target)).toMatchObject({ events: 1, firstSequence: 5, resumedBehind: 4 });
  expect(await historyOf(target)).toEqual(await historyOf(source));
  await target.verify();
});

test('an abort leaves only whole commits, and the next run completes them', async () => {
  // time passes only while the replay waits, so that no two events are due together
  const source = await openEngine({ timer: new FakeTimer(seededForTest()) });
  for (let n = 0; n < 40; n++) await source.emit({ n });
  const target = await openEngine();
  const controller = new AbortController();
  const onProgress = ({ sequence }: { sequence: number | null }) => {
    if ((sequence ?? 0) >= 10) controller.abort();
  };
  const first = await source.replayInto(target, { rate: 100, signal: controller.signal, onProgress });
  expect(first.isComplete).toBe(false);
  const held = (await target.head()).sequence;
  expect(held).toBe(first.events);
  expect(held).toBeGreaterThanOrEqual(10);
  expect(held).toBeLessThan(40);
  expect(await source.replayInto(target)).toMatchObject({ resumedBehind: held, events: 40 - held });
  expect(await historyOf(target)).toEqual(await historyOf(source));
});

test('each choice of events has a position of its own', async () => {
  const source = await openEngine({ routing: hashOf('k'), time: 'at' });
  await source.emit([
    { k: 'a', at: 1e9 },
    { k: 'b', at: 1e9 },
    { k: 'a', at: 1e9 },
  ] satisfies EventInput[]);
  const target = await openEngine();
  expect(await source.replayInto(target, { key: 'a' })).toMatchObject({ events: 2 });
  expect(await source.replayInto(target, { key: 'b' })).toMatchObject({ events: 1, resumedBehind: null });
  expect(await source.replayInto(target, { where: 'k=a', key: 'a' })).toMatchObject({ events: 2, resumedBehind: null });
  expect(await source.replayInto(target, { key: 'a' })).toMatchObject({ events: 0, resumedBehind: 3 });
});

test.each([
  ['a key that is missing there', { routing: hashOf('k') }, /^sequence 2 of .* cannot be stored unchanged: /],
  ['a partition there is none of', { routing: placedBy('to'), partitions: ['cod'] }, /^sequence 1 of /],
  ['an id that is not unique there', { unique: 'k' }, /^sequence 2 of /],
  ['a payload that is too long there', { lineBytesMax: 8 }, /^sequence 1 of /],
])('%s ends it; what came before is stored', async (_, options, message) => {
  const source = await openEngine();
  await source.emit(['{"k":"abc"}', '{"x":1}', '{"k":"d"}']);
  const target = await openEngine(options);
  const failure = await failureOf(() => source.replayInto(target), 'BAD_LINE');
  expect(failure.message).toMatch(message);
  expect(failure.hint).toContain(
    failure.details['sequence'] === 1 ? 'nothing is stored' : 'the events before it are stored',
  );
  expect((await target.head()).sequence).toBe(Number(failure.details['sequence']) - 1);
});

test('events earlier than the other’s head would lose their times, and are refused', async () => {
  const source = await openEngine({ time: 'at' });
  await source.emit([{ at: 1e9 }, { at: 1.1e9 }]);
  const target = await openEngine();
  await target.emit('0');
  const failure = await failureOf(() => source.replayInto(target), 'BAD_LINE');
  expect(failure.message).toContain('would lose its time');
  expect((await target.head()).sequence).toBe(1);
});

test('a ledger is not replayed into itself', async () => {
  const ledger = ledgerPath();
  const source = await openEngine({ ledger });
  await failureOf(() => source.replayInto(source), 'INVALID_ARGUMENT');
  const other = await openEngine({ ledger });
  await failureOf(() => source.replayInto(other), 'INVALID_ARGUMENT');
});

test('a source that ends before what was taken from it is another one', async () => {
  const { copyFileSync } = await import('node:fs');
  const ledger = ledgerPath();
  const copy = ledgerPath();
  const first = await openEngine({ ledger });
  await first.emit(['1', '2']);
  await first.close();
  copyFileSync(ledger, copy);
  const target = await openEngine();
  const source = await openEngine({ ledger });
  await source.emit(['3']);
  await source.replayInto(target);
  const older = await openEngine({ ledger: copy });
  expect((await failureOf(() => older.replayInto(target), 'PRODUCER_CONFLICT')).message).toContain(
    'this ledger ends before it',
  );
  await older.emit(['"another"']);
  expect((await failureOf(() => older.replayInto(target), 'PRODUCER_CONFLICT')).message).toContain(
    'another event is there',
  );
});
