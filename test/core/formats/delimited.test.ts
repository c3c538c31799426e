/** csv and tsv, read back by csv-parse and by the rules of jq @tsv: every value arrives as it was. */

import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formats, timeZone } from '../../../src/index.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { delivered } from '../../support/delivered.ts';
import { failureOf, openEngine } from '../../support/engines.ts';
import { quick } from '../../support/test-size.ts';

/** As csv-parse reads it: nothing is trimmed, cast or skipped. */
const readCsv = (bytes: Buffer): string[][] => parse(bytes, { relax_column_count: false, skip_empty_lines: false });

const TSV_ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\t': '\t', '\\n': '\n', '\\r': '\r' };

function readTsv(bytes: Buffer): string[][] {
  const lines = bytes.toString('utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) =>
    line.split('\t').map((cell) => cell.replace(/\\[\\tnr]/g, (pair) => TSV_ESCAPES[pair] as string)),
  );
}

function cellOf(value: unknown): string {
  if (value === null) return '';
  // a lone surrogate is not a character
  return typeof value === 'string' ? Buffer.from(value).toString() : JSON.stringify(value);
}

const HOSTILE = [
  '"',
  '""',
  ',',
  '\r\n',
  '\n',
  '\r',
  '\t',
  '\\',
  '\\n',
  '\u0000\u001b[2J',
  ' a ',
  '=1+1',
  'é\u{1f41f}',
  '',
];

test('facts and fields of hostile payloads are read back to the character', async () => {
  const engine = await openEngine({ routing: 'hash:k', partitions: 3 });
  await engine.emit(HOSTILE.map((text) => ({ k: text, o: { t: text }, a: [text, 1] })));
  const fields = 'sequence,key,k,o.t,a';
  const expected = HOSTILE.map((text, at) => [String(at + 1), text, text, text, JSON.stringify([text, 1])]);
  const header = ['sequence', 'key', 'k', 'o.t', 'a'];
  expect(readCsv(await delivered(engine, formats.csv.with?.({ fields }) ?? formats.csv))).toEqual([
    header,
    ...expected,
  ]);
  expect(readTsv(await delivered(engine, formats.tsv.with?.({ fields }) ?? formats.tsv))).toEqual([
    header,
    ...expected,
  ]);
});

test('any JSON value is read back, from a header of any names', async () => {
  const values = fc.array(fc.record({ 'a,"b"': fc.oneof(fc.string({ unit: anyCharacter }), fc.jsonValue()) }), {
    minLength: 1,
    maxLength: 12,
  });
  const engine = await openEngine({ partitions: 2 });
  await fc.assert(
    fc.asyncProperty(values, async (events) => {
      const fromSequence = (await engine.head()).sequence + 1;
      await engine.emit(events);
      const fields = 'payload, "a,\\"b\\"", absent.x';
      const texts = events.map((event) => {
        const cell = cellOf(event['a,"b"']);
        return [JSON.stringify(event), cell, ''];
      });
      const expected = [['payload', 'a,"b"', 'absent.x'], ...texts];
      for (const [format, read] of [
        [formats.csv, readCsv],
        [formats.tsv, readTsv],
      ] as const)
        expect(read(await delivered(engine, format.with?.({ fields }) ?? format, { fromSequence }))).toEqual(expected);
    }),
    { numRuns: quick(15, 200) },
  );
});

test('numbers keep their spelling, null and what is absent are empty, and an empty text is in quotes', async () => {
  const engine = await openEngine({ partitions: 1 });
  await engine.emit(['{"n":1.50,"t":true,"z":null,"e":"","o":{"a": 1}}', '{"n":12345678901234567890,"n":2e400}']);
  const csv = formats.csv.with?.({ fields: 'n,t,z,e,o,offset,partition' }) ?? formats.csv;
  expect((await delivered(engine, csv)).toString()).toBe(
    'n,t,z,e,o,offset,partition\r\n1.50,true,,"","{""a"": 1}",0,p0\r\n2e400,,,,,1,p0\r\n',
  );
});

test('a field that is named like a fact is reached by payload., and times are those of the zone', async () => {
  const engine = await openEngine({ partitions: 1, time: 'time' });
  await engine.emit(['{"time":"2026-01-15T12:00:00Z","key":1}', '{"time":"2026-07-15T12:00:00Z","payload":{"x":2}}']);
  const csv = formats.csv.with?.({ fields: 'time,payload.time,payload.key,payload.payload.x' }) ?? formats.csv;
  const [, winter, summer] = readCsv(
    await delivered(engine, csv.inZone?.(await timeZone('Europe/Berlin')) ?? csv),
  ) as string[][];
  expect(winter).toEqual(['2026-01-15T13:00:00.000000+01:00', '2026-01-15T12:00:00Z', '1', '']);
  expect(summer).toEqual(['2026-07-15T14:00:00.000000+02:00', '2026-07-15T12:00:00Z', '', '2']);
});

test('a commit of many events is in pieces, and each value belongs to its event', async () => {
  const engine = await openEngine({ routing: 'hash:k', partitions: 3 });
  await engine.emit(Array.from({ length: 20_000 }, (_, n) => ({ k: n % 7, n, text: `${n}`.repeat(n % 9) })));
  const csv = formats.csv.with?.({ fields: 'sequence,k,n,text' }) ?? formats.csv;
  const rows = readCsv(await delivered(engine, csv)).slice(1);
  expect(rows.length).toBe(20_000);
  for (const [at, row] of rows.entries())
    expect(row).toEqual([String(at + 1), String(at % 7), String(at), String(at).repeat(at % 9)]);
  const some = readCsv(await delivered(engine, csv, { where: 'k=3', fromSequence: 10_000 })).slice(1);
  expect(some.length).toBeGreaterThan(1000);
  expect(some.every(([sequence, k, n]) => k === '3' && Number(n) === Number(sequence) - 1)).toBe(true);
});

test('without fields, or with wrong ones, there is no such format', async () => {
  const { csv } = formats;
  const engine = await openEngine();
  await failureOf(() => delivered(engine, csv), 'INVALID_ARGUMENT');
  for (const fields of ['', 'a,,b', 'a,a', 'a..b', '"a', 'sequence, sequence'])
    await failureOf(async () => csv.with?.({ fields }), 'INVALID_ARGUMENT');
});

test('the header names an element of an array as --fields does', () => {
  const header = (fields: string) => formats.csv.with({ fields }).begin;
  expect(header('x[0],x[0].id,payload.[1],"a.b".c')).toBe('x[0],x[0].id,payload.[1],a.b.c\r\n');
});
