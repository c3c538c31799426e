import { expect, test } from 'vitest';
import { Completengine, hashOf, placedBy, type SubscribedEvent } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';

/** Collects what a handler is told, and waits until there is enough of it. */
class Collector {
  readonly events: SubscribedEvent[] = [];
  #enough: (() => void) | undefined;

  readonly handler = (event: SubscribedEvent): void => {
    this.events.push(event);
    this.#enough?.();
  };

  async atLeast(count: number): Promise<string[]> {
    while (this.events.length < count) {
      await new Promise<void>((resolve) => {
        this.#enough = resolve;
      });
    }
    return this.texts();
  }

  texts(): string[] {
    return this.events.map(({ payload, replayed }) => `${payload}${replayed ? ' again' : ''}`);
  }
}

test('a subscriber is told of what comes, by this engine and by others', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger });
  const other = await openEngine({ ledger });
  await engine.emit('0');
  const collector = new Collector();
  const subscription = await engine.subscribe(collector.handler);
  await engine.emit('1');
  await other.emit('2');
  expect(await collector.atLeast(2)).toEqual(['1', '2']);
  await subscription.close();
  await subscription.ended;
  await engine.emit('3');
  await engine.replay();
  expect(collector.texts()).toEqual(['1', '2']);
});

test('a replay that is awaited is told to the subscribers, marked; one that is iterated or delivered is not', async () => {
  const engine = await openEngine({ partition: placedBy('to'), partitions: ['cod', 'squid'] });
  await engine.emit([{ to: 'cod' }, { to: 'squid' }, { to: 'cod' }]);
  const all = new Collector();
  const cod = new Collector();
  await engine.subscribe(all.handler);
  await engine.subscribe(cod.handler, { partitions: ['cod'] });
  const report = await engine.replay({ fromSequence: 2 });
  expect(report).toMatchObject({ events: 2, isComplete: true });
  expect(all.texts()).toEqual(['{"to":"squid"} again', '{"to":"cod"} again']);
  expect(cod.texts()).toEqual(['{"to":"cod"} again']);
  expect(all.events[0]).toMatchObject({ sequence: 2, partition: 'squid', replayed: true });
  for await (const _ of engine.replay()) expect(all.events).toHaveLength(2);
  await engine.replay().deliver(null);
  expect(all.events).toHaveLength(2);
});

test('a handler is called for one event at a time, also while a replay runs beside what comes', async () => {
  const engine = await openEngine();
  for (let n = 0; n < 20; n++) await engine.emit({ n });
  let running = 0;
  const collector = new Collector();
  const subscription = await engine.subscribe(async (event) => {
    expect(++running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    collector.handler(event);
  });
  const replay = engine.replay().then((report) => report);
  for (let n = 20; n < 40; n++) await engine.emit({ n });
  await replay;
  await collector.atLeast(40);
  const of = (replayed: boolean) => collector.events.filter((event) => event.replayed === replayed).map(({ sequence }) => sequence);
  expect(of(true).slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(of(false)).toEqual(Array.from({ length: 20 }, (_, n) => n + 21));
  await subscription.close();
});

test('what a handler throws ends its subscription, or the replay that told it', async () => {
  const engine = await openEngine();
  await engine.emit('1');
  const failing = await engine.subscribe(({ replayed }) => {
    throw new Error(replayed ? 'in a replay' : 'as it came');
  });
  await expect(Promise.resolve(engine.replay())).rejects.toThrow('in a replay');
  const ended = expect(failing.ended).rejects.toThrow('as it came');
  await engine.emit('2');
  await ended;
  expect(await engine.replay()).toMatchObject({ events: 2 });
});

test('closing the engine ends its subscriptions without an error', async () => {
  const engine = await openEngine();
  const subscription = await engine.subscribe(() => {});
  await engine.close();
  await subscription.ended;
  await failureOf(() => engine.subscribe(() => {}), 'CLOSED');
});

test('the snippet of the first page runs as it stands', async () => {
  const ledger = ledgerPath();
  const engine = await Completengine.open({ ledger, partition: hashOf('tenant'), determinism: 'strict' });
  expect(await engine.replay({ from: '2026-04-12T09:00:00Z', through: '2026-04-12T17:30:00Z', speed: 'natural' })).toMatchObject({
    events: 0,
    isVerified: true,
    isComplete: true,
  });
  await engine.close();
});
