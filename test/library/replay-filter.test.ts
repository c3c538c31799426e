import { expect, test } from 'vitest';
import { hashOf, placedBy, rangeOf } from '../../src/index.ts';
import { earthquakes } from '../support/earthquakes.ts';
import { earthquakeEngine, failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';

test('a key selects exactly the events of that key, whatever the routing', async () => {
  const expected = earthquakes().filter(({ net }) => net === 'ci');
  expect(expected.length).toBeGreaterThan(100);
  for (const routing of [hashOf('properties.net'), rangeOf('properties.net', ['b', 'm', 'x'])]) {
    const engine = await earthquakeEngine(routing);
    expect(await payloadsOf(engine.replay({ key: 'ci' }))).toEqual(expected.map(({ line }) => line));
    expect(await payloadsOf(engine.replay({ key: 'c' }))).toEqual([]);
    expect(await payloadsOf(engine.replay({ key: 'ci', from: '2018-02-02', through: '2018-02-03' }))).toEqual(
      expected.filter(({ ms }) => ms >= Date.UTC(2018, 1, 2) && ms < Date.UTC(2018, 1, 4)).map(({ line }) => line),
    );
  }
});

test('a key is compared as the routing compares it', async () => {
  const engine = await openEngine({ routing: hashOf('k') });
  await engine.emit([{ k: 1 }, '{"k":1.0}', { k: '1' }, { k: 2 }]);
  expect(await payloadsOf(engine.replay({ key: '1' }))).toEqual(['{"k":1}', '{"k":1.0}', '{"k":"1"}']);
  expect(await payloadsOf(engine.replay({ key: '1.0' }))).toEqual([]);
});

test('a ledger without keys delivers none for a key', async () => {
  const engine = await openEngine();
  await engine.emit([{ k: 1 }]);
  expect(await engine.replay({ key: '1' })).toMatchObject({ events: 0, isComplete: true });
});

test('conditions are met all together, and with a key, partitions and a range', async () => {
  const engine = await earthquakeEngine();
  const parsed = earthquakes().map(({ line, net }) => ({
    line,
    net,
    mag: (JSON.parse(line) as { properties: { mag: number | null } }).properties.mag ?? 0,
  }));
  const strong = parsed.filter(({ mag }) => mag >= 4.5);
  expect(strong.length).toBeGreaterThan(20);
  expect(await payloadsOf(engine.replay({ where: 'properties.mag>=4.5' }))).toEqual(strong.map(({ line }) => line));
  const some = parsed.filter(({ mag, net }) => mag > 1 && mag < 2 && net === 'ak').map(({ line }) => line);
  expect(await payloadsOf(engine.replay({ where: ['properties.mag>1', 'properties.mag<2'], key: 'ak' }))).toEqual(some);
  const [first] = strong;
  const there = (await engine.event(parsed.indexOf(first as (typeof parsed)[number]) + 1)).partition;
  expect(await payloadsOf(engine.replay({ where: 'properties.mag>=4.5', partitions: [there] }))).toContain(first?.line);
});

test('a report counts the delivered events, and its digest is that of their bytes', async () => {
  const engine = await openEngine({ routing: placedBy('to'), partitions: ['cod', 'squid'] });
  await engine.emit([
    { to: 'cod', n: 1 },
    { to: 'squid', n: 2 },
    { to: 'cod', n: 3 },
  ]);
  await engine.emit([{ to: 'cod', n: 4 }]);
  const odd = await engine.replay({ where: 'to=cod' });
  expect(odd).toMatchObject({ events: 3, firstSequence: 1, lastSequence: 4 });
  expect(odd.digest).toBe((await engine.replay({ partitions: ['cod'] })).digest);
  expect(odd.digest).toBe((await engine.replay({ key: 'cod' })).digest);
});

test('what is no condition is refused before anything is read', async () => {
  const engine = await openEngine();
  await failureOf(async () => await engine.replay({ where: 'mag' }), 'INVALID_ARGUMENT');
  await failureOf(async () => await engine.replay({ where: ['a=1', 'b~('] }), 'INVALID_ARGUMENT');
});

test('a key is found where it lay in every epoch of the range, also where it was placed by hand', async () => {
  const engine = await openEngine({ routing: hashOf('k'), partitions: 4 });
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  const emitAll = () => engine.emit(keys.map((k) => ({ k })));
  await emitAll();
  const { partition: before } = await engine.event(1);
  await engine.partitioning.add(['more', 'yet-more', 'most']);
  await emitAll();
  await engine.partitioning.place([{ key: 'a', partition: before === 'p0' ? 'p1' : 'p0' }]);
  await emitAll();
  for (const [at, k] of keys.entries()) {
    const delivered: number[] = [];
    for await (const { sequence } of engine.replay({ key: k })) delivered.push(sequence);
    expect(delivered).toEqual([1, 7, 13].map((first) => first + at));
  }
});

test('a copy of a ledger whose partitions have grown has the ones that are in force', async () => {
  const { openInto } = await import('../../src/cli/replay/into.ts');
  const engine = await openEngine({ routing: hashOf('k'), partitions: 2 });
  await engine.emit([{ k: 1 }]);
  await engine.partitioning.add(['more']);
  await engine.emit([{ k: 2 }]);
  const controller = new AbortController();
  const flags = {
    into: ledgerPath(),
    routing: undefined,
    partitions: undefined,
    busyTimeoutMs: 5000,
    signal: controller.signal,
  };
  const copy = await openInto(flags, engine.identity);
  expect(copy.partitions.map(({ name }) => name)).toEqual(['p0', 'p1', 'more']);
  await engine.replayInto(copy);
  expect((await copy.replay()).digest).toBe((await engine.replay()).digest);
  await copy.close();
});
