import { expect, test } from 'vitest';
import { Completengine, type Delivery, hashOf, placedBy } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';

/** Collects what a handler is given, and waits until there is enough of it. */
class Collector {
  readonly given: {
    readonly sequence: number;
    readonly partition: string;
    readonly text: string;
    readonly isReplayed: boolean;
  }[] = [];
  #enough: (() => void) | undefined;

  readonly handler = (delivery: Delivery): void => {
    for (const { sequence, partition, payload } of delivery)
      this.given.push({ sequence, partition, text: `${payload}`, isReplayed: delivery.isReplayed });
    this.#enough?.();
  };

  async atLeast(count: number): Promise<string[]> {
    while (this.given.length < count) {
      await new Promise<void>((resolve) => {
        this.#enough = resolve;
      });
    }
    return this.texts();
  }

  texts(): string[] {
    return this.given.map(({ text, isReplayed }) => `${text}${isReplayed ? ' again' : ''}`);
  }
}

test('a closed subscriber gets nothing more, not even replays', async () => {
  const engine = await openEngine();
  const collector = new Collector();
  const subscription = await engine.subscribe({}, collector.handler);
  await engine.emit('1');
  expect(await collector.atLeast(1)).toEqual(['1']);
  await subscription.close();
  await subscription.finished;
  await engine.emit('2');
  await engine.replay();
  expect(collector.texts()).toEqual(['1']);
});

test('an awaited replay is delivered to the subscribers, marked; an iterated or delivered one is not', async () => {
  const engine = await openEngine({ routing: placedBy('to'), partitions: ['cod', 'squid'] });
  await engine.emit([{ to: 'cod' }, { to: 'squid' }, { to: 'cod' }]);
  const all = new Collector();
  const cod = new Collector();
  const member = new Collector();
  await engine.subscribe({}, all.handler);
  await engine.subscribe({ partitions: ['cod'] }, cod.handler);
  await engine.subscribe({ group: 'g', from: 'end' }, member.handler);
  const report = await engine.replay({ fromSequence: 2 });
  expect(report).toMatchObject({ events: 2, isComplete: true });
  expect(all.texts()).toEqual(['{"to":"squid"} again', '{"to":"cod"} again']);
  expect(cod.texts()).toEqual(['{"to":"cod"} again']);
  expect(all.given[0]).toMatchObject({ sequence: 2, partition: 'squid', isReplayed: true });
  for await (const _ of engine.replay()) expect(all.given).toHaveLength(2);
  await engine.replay().deliver(null);
  expect(all.given).toHaveLength(2);
  // a group is stepped back instead
  expect(member.given).toEqual([]);
});

test('a handler is called for one delivery at a time, also while a replay runs beside what comes', async () => {
  const engine = await openEngine();
  for (let n = 0; n < 20; n++) await engine.emit({ n });
  let running = 0;
  const collector = new Collector();
  const subscription = await engine.subscribe({}, async (delivery) => {
    expect(++running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    collector.handler(delivery);
  });
  const replay = engine.replay().then((report) => report);
  for (let n = 20; n < 40; n++) await engine.emit({ n });
  await replay;
  await collector.atLeast(40);
  const of = (isReplayed: boolean) =>
    collector.given.filter((event) => event.isReplayed === isReplayed).map(({ sequence }) => sequence);
  expect(of(true).slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(of(false)).toEqual(Array.from({ length: 20 }, (_, n) => n + 21));
  await subscription.close();
});

test('an error of a handler ends its subscription, or the replay that called it', async () => {
  const engine = await openEngine();
  await engine.emit('1');
  const failing = await engine.subscribe({}, ({ isReplayed }) => {
    throw new Error(isReplayed ? 'in a replay' : 'as it came');
  });
  await expect(Promise.resolve(engine.replay())).rejects.toThrow('in a replay');
  const ended = expect(failing.finished).rejects.toThrow('as it came');
  await engine.emit('2');
  await ended;
  expect(await engine.replay()).toMatchObject({ events: 2 });
});

test('closing the engine ends its subscriptions without an error', async () => {
  const engine = await openEngine();
  const subscription = await engine.subscribe({}, () => {});
  await engine.close();
  await subscription.finished;
  await failureOf(() => engine.subscribe({}, () => {}), 'CLOSED');
});

test('the snippet of the first page runs unchanged', async () => {
  const ledger = ledgerPath();
  const engine = await Completengine.open({ ledger, routing: hashOf('tenant'), determinism: 'strict' });
  expect(
    await engine.replay({ from: '2026-04-12T09:00:00Z', through: '2026-04-12T17:30:00Z', speed: 'natural' }),
  ).toMatchObject({
    events: 0,
    isVerified: true,
    isComplete: true,
  });
  await engine.close();
});
