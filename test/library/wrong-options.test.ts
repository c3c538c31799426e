/**
 * Wrong options and arguments of every public call: one error that names them, by a rejected promise if the call
 * returns one, and no effect.
 */

import { Readable } from 'node:stream';
import { describe, expect, it, test } from 'vitest';
import {
  CommandConsumer,
  CommandSink,
  Completengine,
  compositeOf,
  formats,
  hashOf,
  LedgerError,
  Playback,
  parseDigest,
  parseHead,
  parseRoutingSpec,
  placedBy,
  rangeOf,
  readDuration,
  StreamSink,
  stickyBy,
} from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { refusalOf } from '../support/refusals.ts';

/** As a caller without types sees it. */
// biome-ignore lint/suspicious/noExplicitAny: wrong calls are what is tested
type Untyped = any;

async function drained(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

const noop = (): void => {};

/** Each with one option too many, and one of a wrong kind. */
const CALLS: Readonly<Record<string, (engine: Untyped, options: object) => unknown>> = {
  open: (_, options) => (Completengine as Untyped).open({ ledger: ledgerPath(), ...options }),
  create: (_, options) => (Completengine as Untyped).create(ledgerPath(), options),
  'emit one': (engine, options) => engine.emit({ n: 1 }, options),
  'emit a list': (engine, options) => engine.emit([{ n: 1 }], options),
  'emit a stream': (engine, options) => engine.emit(Readable.from(['1\n']), options),
  ingest: (engine, options) => engine.ingest([], options),
  tail: (engine, options) => drained(engine.tail(options)),
  'tail, awaited': (engine, options) => engine.tail(options),
  replay: (engine, options) => drained(engine.replay(options)),
  'replay, awaited': (engine, options) => engine.replay(options),
  'replay, delivered': (engine, options) => engine.replay(options).deliver(null),
  range: (engine, options) => engine.range(options),
  dryRun: (engine, options) => engine.dryRun(options),
  subscribe: (engine, options) => engine.subscribe(options, noop),
  planCursors: (engine, options) => engine.planCursors('g', options),
  setCursors: (engine, options) => engine.setCursors('g', options),
  parked: (engine, options) => drained(engine.parked('g', options)),
  survey: (engine, options) => engine.survey(options),
  lateEvents: (engine, options) => engine.lateEvents(options),
  verify: (engine, options) => engine.verify(options),
  diff: (engine, options) => engine.diff(engine, options),
  explainLines: (engine, options) => drained(engine.partitioning.explainLines([], options)),
  reroute: (engine, options) => engine.partitioning.reroute('hash:k', options),
  previewReroute: (engine, options) => engine.partitioning.previewReroute('hash:k', options),
};

describe.each(Object.entries(CALLS))('%s', (_, call) => {
  it('refuses an option there is none of, and throws nothing itself', async () => {
    const engine = await openEngine();
    let outcome: unknown;
    expect(() => {
      outcome = call(engine, { zebra: 1 });
    }).not.toThrow();
    const failure = await failureOf(() => outcome as Promise<unknown>, 'INVALID_ARGUMENT');
    expect(failure.message).toContain('there is no option "zebra"');
    expect(failure.details).toMatchObject({ option: 'zebra' });
    expect((await engine.head()).sequence).toBe(0);
  });
});

const WRONG: Readonly<Record<string, readonly [call: (engine: Untyped) => unknown, message: RegExp]>> = {
  'a misspelt ledger': [
    () => (Completengine as Untyped).open({ ledgr: 'x' }),
    /no option "ledgr"; the nearest is ledger$/,
  ],
  'no ledger': [
    () => (Completengine as Untyped).open({}),
    /the option ledger is missing; expected the path of the ledger, a string$/,
  ],
  'a path in place of options': [
    () => (Completengine as Untyped).open('x.codex'),
    /the options argument is "x.codex"; expected an object$/,
  ],
  'a number of a ledger': [() => (Completengine as Untyped).open({ ledger: 7 }), /the option ledger is 7/],
  'a routing that is none': [
    () => (Completengine as Untyped).open({ ledger: ledgerPath(), routing: { rule: 'hash', feild: 'x' } }),
    /the option routing is an object/,
  ],
  'a clock that is none': [
    () => (Completengine as Untyped).open({ ledger: ledgerPath(), clock: Date }),
    /the option clock is a function; expected a clock/,
  ],
  'a path that is none': [() => (Completengine as Untyped).create(undefined), /the argument path is undefined/],
  'a misspelt batch': [(engine) => engine.subscribe({ bacth: 3 }, noop), /no option "bacth"; the nearest is batch$/],
  'a misspelt part of until': [
    (engine) => engine.subscribe({ group: 'g', until: { limti: 3 } }, noop),
    /the option until: there is no option "limti"; the nearest is limit$/,
  ],
  'an until that says nothing': [
    (engine) => engine.subscribe({ group: 'g', until: {} }, noop),
    /the option until is empty; expected an object with limit, head or idleMs$/,
  ],
  'an until that is none': [
    (engine) => engine.subscribe({ group: 'g', until: 'head' }, noop),
    /the option until is "head"; expected an object with limit, head or idleMs$/,
  ],
  'an until without a group': [
    (engine) => engine.subscribe({ until: { head: true } }, noop),
    /the option until is for members of a group$/,
  ],
  'a member without a group': [
    (engine) => engine.subscribe({ member: 'm' }, noop),
    /the option member is for members of a group$/,
  ],
  ...Object.fromEntries(
    Object.entries({
      maxDeliver: 3,
      backoffMs: 10,
      leaseMs: 1000,
      concurrency: 2,
      onRetry: noop,
      onParked: noop,
      onFenced: noop,
      onLeases: noop,
    }).map(([name, value]): [string, (typeof WRONG)[string]] => [
      `${name} without a group`,
      [
        (engine) => engine.subscribe({ [name]: value }, noop),
        new RegExp(`the option ${name} is for members of a group$`),
      ],
    ]),
  ),
  'the old name of the routing': [
    () => (Completengine as Untyped).open({ ledger: ledgerPath(), partition: hashOf('tenant') }),
    /no option "partition"; the nearest is routing$/,
  ],
  'a partition to read': [
    (engine) => engine.tail({ partition: 'p0' }),
    /no option "partition"; the nearest is partitions$/,
  ],
  'no handler': [
    (engine) => engine.subscribe({ group: 'g' }),
    /the argument handler is undefined; expected a function/,
  ],
  'a speed that is none': [(engine) => engine.replay({ speed: 'fast' }), /'fast' is not a speed/],
  'a speed of another kind': [
    (engine) => engine.replay({ speed: true }),
    /the option speed is true; expected 'max', 'natural', or a factor/,
  ],
  'a signal that is none': [
    (engine) => engine.replay({ signal: new AbortController() }),
    /the option signal is an object; expected an AbortSignal$/,
  ],
  'a player that is none': [
    (engine) => engine.replay({ playback: {} }),
    /the option playback is an object; expected a Playback$/,
  ],
  'a hook that is none': [
    (engine) => engine.tail({ onProgress: 'x' }),
    /the option onProgress is "x"; expected a function$/,
  ],
  'a sink that is none': [
    (engine) => engine.replay().deliver(process.stdout),
    /the argument sink is an object; expected a sink/,
  ],
  'a target that is none': [(engine) => engine.replayInto('other.codex'), /the argument target is "other.codex"/],
  'an option of streams for one event': [
    (engine) => engine.emit({}, { producer: 'p' }),
    /emit\(\) of events: there is no option "producer"/,
  ],
  'a key that is none': [(engine) => engine.emit({}, { key: 7 }), /the option key is 7; expected a string$/],
  'a lateness there is none of': [
    (engine) => engine.emit(Readable.from([]), { late: 'refuse' }),
    /the option late is "refuse"; expected 'record' or 'reject'$/,
  ],
  'sources that are none': [(engine) => engine.ingest('file.jsonl'), /the argument sources is "file.jsonl"/],
  'a sequence as text': [(engine) => engine.event('1'), /the argument sequence is "1"; expected a number$/],
  'gauges since text': [(engine) => engine.gauges('1'), /the argument after is "1"/],
  'a group that is none': [
    (engine) => engine.redeliver(undefined),
    /the argument group is undefined; expected a string$/,
  ],
  'sequences as text': [
    (engine) => engine.redeliver('g', ['1']),
    /the argument sequences is a list; expected 'all' or a list of sequences/,
  ],
  'nothing to drop': [
    (engine) => engine.dropParked('g'),
    /the argument sequences is undefined; expected 'all' or a list of sequences/,
  ],
  'a place that is none': [
    (engine) => engine.setCursors('g', { from: 5 }),
    /the option from is 5; expected 'start', 'end'/,
  ],
  'no place': [(engine) => engine.setCursors('g', {}), /an offset reset without a start/],
  'a plan that forces': [(engine) => engine.planCursors('g', { from: 'start', force: true }), /no option "force"/],
  'an anchor of another kind': [
    (engine) => engine.verify({ expectHead: { sequence: 1 } }),
    /the option expectHead is an object/,
  ],
  'one name in place of a list': [
    (engine) => engine.partitioning.add('spare'),
    /the argument names is "spare"; expected a list of strings$/,
  ],
  'placements that are none': [
    (engine) => engine.partitioning.place([{ key: 'k' }]),
    /the argument placements is a list; expected a list of placements/,
  ],
  'one key in place of a list': [(engine) => engine.partitioning.explain('k'), /the argument keys is "k"/],
  'no routing': [(engine) => engine.partitioning.reroute(), /the argument routing is undefined/],
};

test.each(Object.entries(WRONG))('%s is refused by the promise, and named', async (_, [call, message]) => {
  const engine = await openEngine();
  const outcome = call(engine);
  expect((await failureOf(() => outcome as Promise<unknown>, 'INVALID_ARGUMENT')).message).toMatch(message);
});

test.each([
  ['hashOf', () => (hashOf as Untyped)({ missing: 'rest' })],
  ['hashOf', () => (hashOf as Untyped)('a', { mising: 'rest' })],
  ['rangeOf', () => (rangeOf as Untyped)('a', 100)],
  ['rangeOf', () => rangeOf('a', [new Date(Number.NaN)])],
  ['rangeOf', () => (rangeOf as Untyped)('a', [{ toString: () => '5' }])],
  ['compositeOf', () => (compositeOf as Untyped)('a', { missing: 'rest' })],
  ['compositeOf', () => (compositeOf as Untyped)()],
  ['stickyBy', () => (stickyBy as Untyped)('a', { idle: 30 })],
  ['placedBy', () => (placedBy as Untyped)()],
  ['parseRoutingSpec', () => (parseRoutingSpec as Untyped)(hashOf('a'))],
  ['parseHead', () => (parseHead as Untyped)(null)],
  ['parseDigest', () => (parseDigest as Untyped)(Buffer.from('x'))],
  ['readDuration', () => (readDuration as Untyped)(5)],
  ['Playback', () => new (Playback as Untyped)({ paused: true })],
  ['StreamSink', () => new (StreamSink as Untyped)('out.jsonl', formats.payload)],
  ['StreamSink', () => new (StreamSink as Untyped)(process.stdout, 'payload')],
  ['CommandSink', () => new (CommandSink as Untyped)(['cat'], formats.payload)],
  ['CommandConsumer', () => new (CommandConsumer as Untyped)({ command: 'cat', format: formats.payload })],
])('%s %# refuses at once what it cannot use', (_, call) => {
  expect(refusalOf(call).code).toBe('INVALID_ARGUMENT');
});

it('exists rejects what it cannot use', async () => {
  await failureOf(() => (Completengine as Untyped).exists(7), 'INVALID_ARGUMENT');
});

describe('a Date is taken wherever a time is', () => {
  const at = (second: number): Date => new Date(Date.UTC(2026, 3, 12, 9, 0, second));

  async function timedEngine(): Promise<Completengine> {
    const engine = await openEngine({ time: 'at' });
    await engine.emit([0, 1, 2, 3].map((second) => ({ at: at(second), second })));
    return engine;
  }

  it('in ranges, both ends inclusive or not', async () => {
    const engine = await timedEngine();
    expect(await engine.range({ from: at(1), through: at(2) })).toMatchObject({ from: 2, through: 3 });
    expect(await engine.range({ from: at(1), until: at(2) })).toMatchObject({ from: 2, through: 2 });
    expect((await engine.replay({ from: at(3) })).events).toBe(1);
    expect(await payloadsOf(engine.tail({ from: at(1), until: at(2) }))).toHaveLength(1);
    expect(await payloadsOf(engine.tail({ from: at(2) }))).toHaveLength(2);
    expect((await engine.dryRun({ from: at(1) })).events).toBe(3);
  });

  it('as a starting point', async () => {
    const engine = await timedEngine();
    const member = await engine.subscribe({ group: 'g', from: at(2), until: { head: true } }, noop);
    await member.finished;
    expect(member.delivered).toBe(2);
    expect((await engine.planCursors('g', { from: at(1) })).redelivered).toBe(3);
    expect((await engine.setCursors('g', { from: at(0) })).redelivered).toBe(4);
  });

  it('and covers its millisecond, truncated', async () => {
    const engine = await openEngine({ time: 'at' });
    await engine.emit([{ at: '2026-04-12T09:00:00.000999Z' }, { at: '2026-04-12T09:00:00.001Z' }]);
    expect(await engine.range({ from: at(0), through: at(0) })).toMatchObject({ from: 1, through: 1 });
  });

  it('but none beyond the years that there are', async () => {
    const engine = await timedEngine();
    await failureOf(() => engine.range({ from: new Date(8.64e15) }), 'INVALID_TIME');
  });
});

describe('what is no event is refused, and nothing of its call is stored', () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  test.each([
    ['undefined', undefined, /it is undefined/],
    ['a function', noop, /it is a function/],
    ['a symbol', Symbol('s'), /it is a symbol/],
    ['a bigint', 1n, /BigInt/],
    ['a bigint inside', { n: 1n }, /BigInt/],
    ['a cycle', cyclic, /circular/],
    ['NaN', Number.NaN, /NaN is not a JSON number/],
    ['NaN inside', { list: [{ amount: Number.NaN }] }, /"amount" is NaN, which JSON writes as null/],
    ['Infinity inside', [null, Number.NEGATIVE_INFINITY], /"1" is -Infinity, which JSON writes as null/],
    ['an invalid Date', new Date(Number.NaN), /it is an invalid Date, which JSON writes as null/],
    ['an invalid Date inside', { at: new Date('soon') }, /"at" is an invalid Date, which JSON writes as null/],
    ['a Map', new Map([['a', 1]]), /it is of the class Map, which JSON writes as \{\}/],
    ['a Map inside', { tags: new Map([['a', 1]]) }, /"tags" is of the class Map/],
    ['a Set inside', [{ tags: new Set([1]) }], /"tags" is of the class Set/],
    ['a generator', [(function* () {})()], /"0" is of the class Generator/],
    ['an error', { cause: new Error('x') }, /"cause" is of the class Error/],
    ['a promise inside', { n: Promise.resolve(1) }, /"n" is of the class Promise/],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no\nway');
        },
      },
      /no JSON: no$/,
    ],
    [
      'a toJSON that throws what is no error',
      {
        toJSON: () => {
          // biome-ignore lint/style/useThrowOnlyError: anything can be thrown
          throw { toString: null };
        },
      },
      /no JSON: an object$/,
    ],
  ])('%s', async (_, event, reason) => {
    const engine = await openEngine();
    const emit = engine.emit.bind(engine) as Untyped;
    const failure = await failureOf(() => emit([{ n: 1 }, event, { n: 3 }]), 'BAD_LINE');
    expect(failure.message).toMatch(reason);
    expect(failure.details).toMatchObject({ line: 2 });
    if (!Array.isArray(event)) await failureOf(() => emit(event), 'BAD_LINE');
    expect((await engine.head()).sequence).toBe(0);
  });

  test.each([
    [1n, 'write a BigInt as a text, with String(value)'],
    [Promise.resolve(1), 'await the promise first'],
    [new Set([1]), 'convert a Map with Object.fromEntries(map), a Set or another iterable to a list'],
    [{ n: Number.NaN }, 'write null yourself if it is meant'],
    [cyclic, 'emit JSON values or JSON text'],
  ])('%s has a hint of its own', async (event, hint) => {
    const engine = await openEngine();
    expect((await failureOf(() => (engine.emit as Untyped).call(engine, event), 'BAD_LINE')).hint).toBe(hint);
  });

  test('and what is one is stored as JSON writes it', async () => {
    const engine = await openEngine();
    class Empty {}
    const events = [
      42,
      true,
      null,
      'null',
      { at: new Date(0) },
      {},
      { none: null, amounts: [null, { n: null }], own: { toJSON: () => null, n: Number.NaN } },
      { nothing: {}, empty: new Empty(), list: [{}] },
      Buffer.from('{"a":1}'),
    ];
    await engine.emit(events);
    await engine.emit(42);
    expect(await payloadsOf(engine.tail({ last: 99 }))).toEqual([
      '42',
      'true',
      'null',
      'null',
      '{"at":"1970-01-01T00:00:00.000Z"}',
      '{}',
      '{"none":null,"amounts":[null,{"n":null}],"own":null}',
      '{"nothing":{},"empty":{},"list":[{}]}',
      '{"a":1}',
      '42',
    ]);
  });

  test('a stream of what is neither text nor bytes', async () => {
    const engine = await openEngine();
    await expect(engine.emit(Readable.from([{ n: 1 }]) as Untyped)).rejects.toBeInstanceOf(LedgerError);
    expect((await engine.head()).sequence).toBe(0);
  });
});
