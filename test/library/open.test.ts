import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Completengine, hashOf, LedgerError, type OpenOptions, placedBy, rangeOf } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';

test('the snippet of the first page works unchanged', async () => {
  const ledger = ledgerPath();
  const engine = await Completengine.open({ ledger, routing: hashOf('tenant'), determinism: 'strict' });
  await engine.emit({ tenant: 'acme' });
  const report = await engine.replay({ from: '2026-04-12T09:00:00Z', through: '2026-04-12T17:30:00Z' });
  await engine.close();
  expect(report).toMatchObject({ events: 0, isVerified: true, isComplete: true, firstSequence: null });
});

test('open makes a ledger that is not there, and opens one that is', async () => {
  const ledger = ledgerPath();
  const first = await openEngine({ ledger, routing: hashOf('tenant'), partitions: 3 });
  await first.emit({ tenant: 'acme' });
  await first.close();
  const second = await openEngine({ ledger });
  expect((await second.head()).sequence).toBe(1);
  expect(second.partitions.map(({ name }) => name)).toEqual(['p0', 'p1', 'p2']);
});

test('open asked not to make one refuses with NO_LEDGER, to read and to write', async () => {
  const ledger = ledgerPath();
  for (const access of ['read', 'write'] as const) {
    const error = await failureOf(() => Completengine.open({ ledger, create: false, access }), 'NO_LEDGER');
    expect(error.details).toEqual({ path: ledger });
  }
  await failureOf(() => Completengine.open({ ledger, access: 'read' }), 'NO_LEDGER');
  expect(existsSync(ledger)).toBe(false);
});

test('open makes a ledger of an empty file, unless it was asked not to, and leaves one of a few bytes alone', async () => {
  const ledger = ledgerPath();
  writeFileSync(ledger, '');
  for (const options of [{ create: false }, { access: 'read' as const }]) {
    const error = await failureOf(() => Completengine.open({ ledger, ...options }), 'NOT_A_LEDGER');
    expect(error.details).toEqual({ path: ledger, isEmpty: true });
  }
  expect((await (await openEngine({ ledger, partitions: 3 })).inspect()).partitions).toHaveLength(3);
  const other = ledgerPath();
  writeFileSync(other, 'text');
  await failureOf(() => Completengine.open({ ledger: other }), 'NOT_A_LEDGER');
  expect(readFileSync(other, 'utf8')).toBe('text');
});

test('open takes the options a ledger was made with, in either spelling', async () => {
  const ledger = ledgerPath();
  await openEngine({ ledger, routing: 'hash:a.b', partitions: 2, time: 'at', unique: 'id' });
  await openEngine({
    ledger,
    routing: hashOf('a.b'),
    partitions: ['p0', 'p1'],
    time: 'at',
    unique: 'id',
    durability: 'full',
  });
});

test('open knows a ledger again whose partitions follow from its routing', async () => {
  const ledger = ledgerPath();
  const partition = rangeOf('amount', [100, 1000], { missing: 'rest' });
  await (await openEngine({ ledger, routing: partition })).close();
  const engine = await openEngine({ ledger, routing: 'range:amount=1e2,1000.0,missing=rest', partitions: 3 });
  expect(engine.partitions.map(({ name }) => name)).toEqual(['p0', 'p1', 'p2', 'rest']);
  expect(
    (await engine.emit([{ amount: 99 }, { amount: 100 }, { amount: 1e9 }, {}])).map(({ partition: name }) => name),
  ).toEqual(['p0', 'p1', 'p2', 'rest']);
  const error = await failureOf(() => Completengine.open({ ledger, partitions: 2 }), 'CONFIG_MISMATCH');
  expect(error.message).toContain('partitions is p0,p1,p2,rest, not p0,p1,rest');
});

test.each([
  ['routing', { routing: hashOf('user') }, 'routing is hash:tenant, not hash:user'],
  ['kind of routing', { routing: placedBy('tenant') }, 'routing is hash:tenant, not manual:tenant'],
  ['routing over the whole payload', { routing: hashOf() }, 'routing is hash:tenant, not hash'],
  ['number of partitions', { partitions: 3 }, 'partitions is p0,p1, not p0,p1,p2'],
  ['names of partitions', { partitions: ['cod', 'squid'] }, 'partitions is p0,p1, not cod,squid'],
  ['time', { time: 'when' }, 'time is at, not when'],
  ['id', { unique: 'id' }, 'unique is none, not id'],
  ['durability', { durability: 'normal' as const }, 'durability is full, not normal'],
])('open refuses another %s than the ledger was made with', async (_, options, difference) => {
  const ledger = ledgerPath();
  const made = { routing: hashOf('tenant'), partitions: 2, time: 'at' };
  await (await openEngine({ ledger, ...made })).close();
  const error = await failureOf(() => Completengine.open({ ledger, ...made, ...options }), 'CONFIG_MISMATCH');
  expect(error.message).toContain(difference);
  expect(error.details['differences']).toEqual([difference]);
  expect(error.hint).toBeTruthy();
  // it did not keep the ledger open or locked
  await (await openEngine({ ledger, ...made })).emit({ tenant: 'acme', at: 1 });
});

test('open names all differences at once', async () => {
  const ledger = ledgerPath();
  await openEngine({ ledger });
  const error = await failureOf(() => Completengine.open({ ledger, routing: 'hash:x', time: 'at' }), 'CONFIG_MISMATCH');
  expect(error.details['differences']).toHaveLength(2);
});

test.each([
  [{ partitions: 0 }],
  [{ partitions: 1.5 }],
  [{ partitions: ['a', 'a'] }],
  [{ partition: 'nonsense' }],
  [{ time: '' }],
  [{ unique: 'a..b' }],
  [{ lineBytesMax: -1 }],
  [{ ledger: '' }],
])('open refuses %j with INVALID_ARGUMENT and makes nothing', async (options) => {
  const ledger = ledgerPath();
  await failureOf(() => Completengine.open({ ledger, ...options }), 'INVALID_ARGUMENT');
  expect(existsSync(ledger)).toBe(false);
});

test('several that open one new ledger at the same time all get it', async () => {
  const ledger = ledgerPath();
  const engines = await Promise.all([1, 2, 3, 4].map(() => openEngine({ ledger, routing: hashOf('tenant') })));
  const uuids = await Promise.all(engines.map(async (engine) => (await engine.inspect()).identity.uuid));
  expect(new Set(uuids).size).toBe(1);
});

test('an error carries code, message, hint and details', async () => {
  const error = await failureOf(() => Completengine.open({ ledger: '/nowhere/at/all.codex' }), 'CANNOT_CREATE');
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe('LedgerError');
  expect(error).toMatchObject({
    message: expect.stringContaining('/nowhere/at/all.codex'),
    hint: 'make the directory first: mkdir -p /nowhere/at',
    details: { code: 'ENOENT' },
  });
  expect(error.cause).toMatchObject({ code: 'ENOENT' });
  expect(new LedgerError('BUSY', { message: 'm' })).toMatchObject({ code: 'BUSY', hint: undefined, details: {} });
});

test('a ledger opened to read refuses to emit and is left as it is', async () => {
  const ledger = ledgerPath();
  await (await openEngine({ ledger })).emit('1');
  const reader = await openEngine({ ledger, access: 'read' });
  for (const emit of [() => reader.emit('2'), () => reader.emit(['2']), () => reader.emit(oneLine())]) {
    const error = await emit().then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(LedgerError);
  }
  expect((await reader.head()).sequence).toBe(1);
});

async function* oneLine(): AsyncGenerator<string> {
  yield '2\n';
}

test('refuses modes there are none of, before a file is made and of one that is there', async () => {
  const ledger = ledgerPath();
  // as a caller without types may ask
  const odd = [{ durability: 'relaxed' }, { determinism: 'lax' }] as unknown as Partial<OpenOptions>[];
  for (const options of odd) await failureOf(() => Completengine.open({ ledger, ...options }), 'INVALID_ARGUMENT');
  expect(await Completengine.exists(ledger)).toBe(false);
  await openEngine({ ledger });
  for (const options of odd) await failureOf(() => Completengine.open({ ledger, ...options }), 'INVALID_ARGUMENT');
});
