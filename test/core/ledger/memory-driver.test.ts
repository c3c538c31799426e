import { beforeAll, expect, it } from 'vitest';
import { registerDriver } from '../../../src/core/ledger/drivers.ts';
import { Completengine, hashOf, type LedgerEvent } from '../../../src/index.ts';
import { memoryDriver } from '../../support/memory-driver/memory-driver.ts';
import { until } from '../../support/until.ts';

beforeAll(() => registerDriver('memory', async () => memoryDriver));

async function all(events: AsyncIterable<LedgerEvent>): Promise<LedgerEvent[]> {
  const list: LedgerEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const payloads = (events: readonly LedgerEvent[]) => events.map(({ payload }) => payload.toString());

it('serves emit, replay, tail, groups and epochs through the engine', async () => {
  const engine = await Completengine.open({ ledger: 'memory://one', routing: hashOf('k'), partitions: 3 });
  const events = Array.from({ length: 100 }, (_, at) => ({ k: at % 7, at }));
  await engine.emit(events);
  await engine.partitioning.add(['more']);
  await engine.emit(events);
  expect(payloads(await all(engine.replay()))).toEqual([...events, ...events].map((event) => JSON.stringify(event)));
  expect(payloads(await all(engine.tail({ last: 2 })))).toEqual(events.slice(-2).map((event) => JSON.stringify(event)));
  expect(await engine.verify()).toMatchObject({ events: 200, commits: 2 });
  const seen: string[] = [];
  const subscription = await engine.subscribe({ group: 'g', from: 'start' }, (delivery) => {
    seen.push(...payloads([...delivery]));
  });
  await until(() => seen.length >= 200);
  await subscription.close();
  expect((await engine.groups())[0]).toMatchObject({ name: 'g', lag: 0 });
  await engine.close();
});
