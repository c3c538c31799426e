/**
 * A path that no event has is reported: only this distinguishes a misspelt path from a condition that nothing meets.
 */

import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { type Completengine, type EventFormat, formats, StreamSink, timeZone } from '../../src/index.ts';
import { failureOf, openEngine } from '../support/engines.ts';

async function engineOfThree(): Promise<Completengine> {
  const engine = await openEngine({ routing: 'hash:k', partitions: 2 });
  await engine.emit([
    { k: 'a', n: 1, deep: { x: null } },
    { k: 'b', n: 2 },
    { k: 'b', n: 3, late: true },
  ]);
  return engine;
}

test.each([
  [{ where: 'n>2' }, []],
  [{ where: 'n>9' }, []],
  [{ where: 'deep.x=null' }, []],
  [{ where: 'late=false' }, []],
  [{ where: 'nn>2' }, ['nn']],
  [{ where: ['n>2', 'deep.y=1', '"a.b"~x', 'N!=1', 'deep.y>4'] }, ['deep.y', '"a.b"', 'N']],
  // an inequality is met by events without the field
  [{ where: 'nn!=2' }, ['nn']],
  // only events that have the key are examined
  [{ key: 'b', where: 'deep.x=1' }, ['deep.x']],
  [{ key: 'a', where: 'deep.x=1' }, []],
  [{ key: 'none', where: 'nn=1' }, []],
  [{}, []],
])('%j: %j', async (request, missing) => {
  const engine = await engineOfThree();
  for (const report of [await engine.replay(request), await engine.tail(request), await engine.dryRun(request)]) {
    expect(report.missingFields).toEqual(missing);
  }
});

test('if nothing was examined nothing is missing', async () => {
  const engine = await engineOfThree();
  expect((await engine.replay({ where: 'nn=1', fromSequence: 4 })).missingFields).toEqual([]);
  expect((await engine.tail({ where: 'nn=1', from: 'end' })).missingFields).toEqual([]);
});

test('each run counts for itself, and a transfer counts as well', async () => {
  const engine = await engineOfThree();
  expect((await engine.replay({ where: 'late=true', throughSequence: 2 })).missingFields).toEqual(['late']);
  expect((await engine.replay({ where: 'late=true' })).missingFields).toEqual([]);
  expect((await engine.replayInto(await openEngine(), { where: 'nn=1' })).missingFields).toEqual(['nn']);
});

test('a regular expression that cannot be read is refused before anything is read or made', async () => {
  const engine = await engineOfThree();
  await failureOf(() => engine.replay({ where: 's~(' }), 'INVALID_ARGUMENT');
  await failureOf(() => engine.tail({ where: 's~(' }), 'INVALID_ARGUMENT');
  await failureOf(() => engine.range({ where: 's~(' }), 'INVALID_ARGUMENT');
});

test.each([
  ['s<=2', ['s holds texts, which are not compared with a number: s<="2" compares them as texts']],
  ['n<="2"', ['n holds numbers, which are not compared with a text: n<=2 compares them as numbers']],
  ['n>abc', ['n holds numbers, which are not compared with a text']],
  // some events are compared, and none meets it
  ['mixed<0', []],
  ['s<="0"', []],
  ['s=2', []],
])('a comparison %j of texts with a number, or of numbers with a text, is reported', async (where, hints) => {
  const engine = await openEngine();
  await engine.emit([
    { s: '1', n: 1, mixed: 'x' },
    { s: '10', n: 2, mixed: 2 },
  ]);
  const report = await engine.replay({ where });
  expect(report.events).toBe(0);
  expect(report.fieldHints).toEqual(hints);
});

/** A sink that writes to nowhere. */
function sinkOf(format: EventFormat): StreamSink {
  const stream = new PassThrough();
  stream.resume();
  return new StreamSink(stream, format);
}

test.each([
  [formats.csv.with({ fields: 'sequence,n,deep.x,late' }), [], []],
  [formats.csv.with({ fields: 'sequence,zz,n,deep.y' }), ['zz', 'deep.y'], []],
  [formats.tsv.with({ fields: 'payload.time,k' }), ['time'], []],
  [formats.csv.with({ fields: 'dotted.name' }), ['dotted.name'], ['dotted.name is there as "dotted.name"']],
  [formats.template.with({ format: '%s %{zz} %{n}\n' }), ['zz'], []],
  [formats.envelope, [], []],
])('columns that no event has are reported: %#', async (format, missing, hints) => {
  const engine = await engineOfThree();
  await engine.emit({ k: 'c', 'dotted.name': 1 });
  const zoned = format.inZone?.(await timeZone('Europe/Berlin')) ?? format;
  for (const each of [format, zoned]) {
    const report = await engine.replay({}).deliver(sinkOf(each));
    expect(report.missingFields).toEqual(missing);
    expect(report.fieldHints).toEqual(hints);
  }
  expect((await engine.replay({ fromSequence: 5 }).deliver(sinkOf(format))).missingFields).toEqual([]);
});

test('a column is said to be missing only where all events were looked at', async () => {
  const engine = await openEngine();
  const many = Array.from({ length: 100_001 }, (_, n) => ({ n }));
  await engine.emit(many.slice(1));
  const csv = formats.csv.with({ fields: 'zz' });
  expect((await engine.replay({}).deliver(sinkOf(csv))).missingFields).toEqual(['zz']);
  await engine.emit({ zz: 1 });
  expect((await engine.replay({}).deliver(sinkOf(csv))).missingFields).toEqual([]);
});
