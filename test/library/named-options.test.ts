/** `details` of every refused option name it: a wrong kind, a text that cannot be read, and options that do not go together. */

import { Readable } from 'node:stream';
import { describe, expect, it, test } from 'vitest';
import * as callOptions from '../../src/core/engine/call-options.ts';
import * as checkpointOptions from '../../src/core/engine/checkpoint-options.ts';
import * as groupOptions from '../../src/core/engine/group-options.ts';
import {
  Completengine,
  compositeOf,
  formats,
  hashOf,
  LedgerError,
  placedBy,
  rangeOf,
  stickyBy,
} from '../../src/index.ts';
import { ledgerPath, openEngine } from '../support/engines.ts';

// biome-ignore lint/suspicious/noExplicitAny: wrong calls are what is tested
type Untyped = any;
type Options = Readonly<Record<string, unknown>>;

const noop = (): void => {};

async function drained(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

/** Calls by the table of their options. `required`: options without which the call means nothing. */
const CALLS: Readonly<Record<string, { call: (engine: Untyped, options: Options) => unknown; required?: Options }>> = {
  OPEN: { call: (_, options) => Completengine.open(options as Untyped), required: { ledger: '/nonexistent/x.codex' } },
  CREATE: { call: (_, options) => Completengine.create(ledgerPath(), options) },
  EMIT_EVENTS: { call: (engine, options) => engine.emit([{ n: 1 }], options) },
  EMIT: { call: (engine, options) => engine.emit(Readable.from(['1\n']), options) },
  TAIL: { call: (engine, options) => drained(engine.tail(options)) },
  REPLAY: { call: (engine, options) => engine.replay(options).deliver(null) },
  SUBSCRIBE: { call: (engine, options) => engine.subscribe(options, noop), required: { group: 'g' } },
  PARKED: { call: (engine, options) => drained(engine.parked('g', options)) },
  PLAN_CURSORS: { call: (engine, options) => engine.planCursors('g', options) },
  SET_CURSORS: { call: (engine, options) => engine.setCursors('g', options) },
  FORCE: { call: (engine, options) => engine.skip('g', 1, options) },
  ARCHIVE: { call: (engine, options) => engine.planArchive(options) },
  BACKUP: { call: (engine, options) => engine.backup('copy.codex', options) },
  CHECKPOINT: { call: (engine, options) => engine.checkpoint(options), required: { key: 'k' } },
  CHECKPOINT_TRUST: {
    call: (_, options) => (Completengine as Untyped).checkCheckpoints(options),
    required: { checkpoints: [], publicKeys: [] },
  },
  PROOF: { call: (engine, options) => engine.prove(1, options) },
  VERIFY_PROOF: {
    call: (_, options) => (Completengine as Untyped).verifyProof('x', options),
    required: { publicKeys: [] },
  },
  COSIGN: {
    call: (engine, options) => engine.cosign(options),
    required: { checkpoints: [], publicKeys: [], key: 'k' },
  },
  VERIFY: { call: (engine, options) => engine.verify(options) },
  LATE_EVENTS: { call: (engine, options) => engine.lateEvents(options) },
  SURVEY: { call: (engine, options) => engine.survey(options) },
  DIFF: { call: (engine, options) => engine.diff(engine, options) },
  COMPACT: { call: (engine, options) => engine.compact(options) },
  EXPLAIN_LINES: { call: (engine, options) => drained(engine.partitioning.explainLines([], options)) },
  REROUTE: { call: (engine, options) => engine.partitioning.reroute('hash:k', options) },
  PREVIEWED: { call: (engine, options) => engine.partitioning.previewAdd(['x'], options) },
  PREVIEW: { call: (engine, options) => engine.partitioning.previewReroute('hash:k', options) },
};

async function detailsOf(call: () => unknown): Promise<Options> {
  try {
    await call();
  } catch (error) {
    expect(error, String(error)).toBeInstanceOf(LedgerError);
    const { code, details } = error as LedgerError;
    expect(['INVALID_ARGUMENT', 'INVALID_TIME', 'INVALID_RANGE']).toContain(code);
    return details;
  }
  throw new Error('it was not refused');
}

/** The exported tables of options: objects whose values are kinds. */
const TABLES = Object.entries({ ...callOptions, ...checkpointOptions, ...groupOptions }).filter(([, table]) =>
  Object.values(table).every((kind) => typeof (kind as { expected?: unknown } | null)?.expected === 'string'),
);

it('every table of options has a call', () => {
  expect(TABLES.map(([name]) => name).sort()).toEqual(Object.keys(CALLS).sort());
});

describe.each(TABLES)('%s: a value of a wrong kind', (name, table) => {
  test.each(Object.keys(table))('%s', async (option) => {
    const engine = await openEngine();
    const { call, required } = CALLS[name] as (typeof CALLS)[string];
    // no option takes a symbol
    const details = await detailsOf(() => call(engine, { ...required, [option]: Symbol('wrong') }));
    expect(details).toMatchObject({ option, expected: expect.any(String) });
  });
});

/** A text or number that cannot be read, by the table of the call; the first option is the one that is named. */
const UNREADABLE: readonly (readonly [table: string, options: Options])[] = [
  ['OPEN', { ledger: ':memory:' }],
  ...['OPEN', 'CREATE'].flatMap((name) =>
    [
      { routing: 'hash:' },
      { partitions: 0 },
      { partitions: ['A'] },
      { partitions: ['a', 'a'] },
      { partitions: 7, routing: rangeOf('n', [5]) },
      { time: '..' },
      { zone: 'Mars/Base', time: 'at' },
      { unique: 'a++b' },
      { lineBytesMax: 0 },
      { compression: 'lzma' },
    ].map((options): readonly [string, Options] => [name, options]),
  ),
  ['EMIT_EVENTS', { key: '' }],
  ['EMIT_EVENTS', { expectHead: 'x' }],
  ...[{ key: '' }, { expectHead: '1' }, { producer: '-' }, { lineBytesMax: -1 }, { maxSkew: 'soon' }].map(
    (options): readonly [string, Options] => ['EMIT', options],
  ),
  ...['TAIL', 'REPLAY'].flatMap((name) =>
    [
      { range: 'whenever' },
      { from: 'soon' },
      { through: 'soon' },
      { until: 'soon' },
      { from: '123' },
      { through: '123' },
      { fromSequence: 0 },
      { throughSequence: 1.5 },
      { zone: 'Mars/Base' },
      { where: 'no condition' },
      { where: ['a=1', 'b~('] },
    ].map((options): readonly [string, Options] => [name, options]),
  ),
  ...[{ speed: 'fast' }, { rate: 'often' }, { maxGap: 'long', speed: 2 }].map((options): readonly [string, Options] => [
    'REPLAY',
    options,
  ]),
  ...[
    { group: '/' },
    { member: '/' },
    { from: 'soon' },
    { fromSequence: -1 },
    { zone: 'Mars/Base' },
    { leaseMs: 1 },
    { leaseMs: 1e15 },
    { ackTimeoutMs: 0 },
  ].map((options): readonly [string, Options] => ['SUBSCRIBE', options]),
  ...['PLAN_CURSORS', 'SET_CURSORS'].flatMap((name) =>
    [{ from: 'soon' }, { fromSequence: 0 }, { zone: 'Mars/Base', from: 'end' }].map(
      (options): readonly [string, Options] => [name, options],
    ),
  ),
  ...[{ until: 'soon' }, { through: 'soon' }, { throughSequence: 0 }].map((options): readonly [string, Options] => [
    'ARCHIVE',
    options,
  ]),
  ['CHECKPOINT', { key: 'no key' }],
  ['CHECKPOINT', { name: 'a b' }],
  ['COSIGN', { name: 'a+b' }],
  ['COSIGN', { key: 'no key' }],
  ['VERIFY', { expectHead: 'x' }],
  ['COMPACT', { compression: 'lzma' }],
  ['COMPACT', { before: 'soon', compression: 'zstd' }],
  ['REROUTE', { partitions: 0 }],
  ['REROUTE', { partitions: ['A'] }],
  ['PREVIEW', { sample: 0 }],
];

test.each(UNREADABLE)('%s: %j names its first option', async (name, options) => {
  const engine = await openEngine();
  const { call, required } = CALLS[name] as (typeof CALLS)[string];
  const details = await detailsOf(() => call(engine, { ...required, ...options }));
  expect(details).toMatchObject({ option: Object.keys(options)[0] });
});

test.each<readonly [table: string, options: Options]>([
  ['REPLAY', { range: '2026-04-12', from: 'start' }],
  ['REPLAY', { range: '2026-04-12', until: 'now' }],
  ['TAIL', { through: 'now', until: 'now' }],
  ['SUBSCRIBE', { from: 'start', fromSequence: 1 }],
  ['REPLAY', { from: '2026-04-13', through: '2026-04-12' }],
  ['REPLAY', { fromSequence: 5, throughSequence: 4 }],
  ['REPLAY', { rate: 5, speed: 2 }],
  ['ARCHIVE', { to: '/tmp', drop: true }],
])('%s: %j names both', async (name, options) => {
  const engine = await openEngine();
  const { call, required } = CALLS[name] as (typeof CALLS)[string];
  const details = await detailsOf(() => call(engine, { ...required, ...options }));
  expect(details).toMatchObject({ option: Object.keys(options)[0], options: Object.keys(options) });
});

test.each<readonly [option: string, call: (engine: Completengine) => unknown]>([
  ['field', () => hashOf('..')],
  ['missing', () => hashOf('a', { missing: 'A' })],
  ['missing', () => hashOf(undefined, { missing: 'a' })],
  ['bounds', () => rangeOf('a', [])],
  ['bounds', () => rangeOf('a', [5, 1])],
  ['bounds', () => rangeOf('a', [new Date(Number.NaN)])],
  ['fields', () => compositeOf('a')],
  ['fields', () => compositeOf('a', 'a')],
  ['fields', () => compositeOf('a', '..')],
  ['idle', () => stickyBy('a', { idle: 'long' })],
  ['idle', () => stickyBy('a', { idle: '0s' })],
  ['field', () => placedBy('')],
  ['fields', () => formats.csv.with({ fields: 'a,a' })],
  ['format', () => formats.template.with({ format: '%z' })],
  ['source', () => formats.cloudevents.with({ source: '' })],
  ['type', () => formats.cloudevents.with({ type: '' })],
  ['names', (engine) => engine.partitioning.add(['A'])],
  ['names', (engine) => engine.partitioning.add(['p0'])],
  ['placements', (engine) => engine.partitioning.place([{ key: 'k', partition: 'p0' }])],
  ['routing', (engine) => engine.partitioning.reroute('hash:')],
  ['routing', (engine) => engine.partitioning.previewReroute('zigzag:k')],
  ['keys', (engine) => engine.partitioning.explain(['k'])],
])('the argument %s is named: %#', async (option, call) => {
  const engine = await openEngine();
  expect(await detailsOf(async () => call(engine))).toMatchObject({ option });
});
