/** Rows that the kernel writes: the bytes are those of the reference, and only the rows that need it are left to it. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CellStyle, CellStyleNumber } from '../../../src/core/formats/cell.ts';
import { csv } from '../../../src/core/formats/csv.ts';
import { RowWriter } from '../../../src/core/formats/event-row.ts';
import { JSON_CELLS } from '../../../src/core/formats/json-cells.ts';
import { kernelLayout } from '../../../src/core/formats/kernel-layout.ts';
import { type RowLayout, rowWriter } from '../../../src/core/formats/row-layout.ts';
import { formatTime } from '../../../src/core/model/time/time.ts';
import { type EventFormat, formats, hashOf, timeZone } from '../../../src/index.ts';
import { openEngine } from '../../support/engines.ts';
import { type ReplayedBatches, replayedBatches } from '../../support/replayed-batches.ts';
import { quick } from '../../support/test-size.ts';

/** Makes a batch large enough for the kernel. */
const LONG = JSON.stringify({ k: 'long', a: 'x'.repeat(70 * 1024) });

const RAW: CellStyle = {
  number: CellStyleNumber.RAW,
  nothing: '',
  text: (text, out) => out.text(text),
  plain: (bytes, start, end, out) => out.bytes(bytes, start, end),
  json: (bytes, start, end, out) => out.bytes(bytes, start, end),
};
const FEED = { literal: Buffer.from('\n') };
const KEY = { content: { fact: 'key' } } as const;
const FIELD = { content: { field: 0 } } as const;

/** The rows of the field `a`, and the indexes of the events that the kernel left. */
function written(
  { batches, labels }: ReplayedBatches,
  parts: RowLayout['parts'],
  cells = RAW,
): { rows: string[]; left: number[] } {
  const layout: RowLayout = { parts: [...parts, FEED], cells, timeText: formatTime };
  const writer = new RowWriter([['a']], kernelLayout(layout));
  const write = rowWriter(layout);
  const left: number[] = [];
  const pieces = batches.flatMap((batch) => [
    ...writer.pieces(batch, labels, (row, out) => {
      left.push(row.at);
      write(row, out);
    }),
  ]);
  return { rows: Buffer.concat(pieces).toString().split('\n'), left };
}

/** Events of a large batch are written as each of them alone, which the reference does. */
function expectSameRows({ batches, labels }: ReplayedBatches, given: readonly (EventFormat | undefined)[]): void {
  for (const batch of batches) {
    for (const format of given) {
      const whole = Buffer.concat([...(format?.lines(batch, labels) ?? [])]);
      const alone = Array.from({ length: batch.count }, (_, at) => [
        ...(format?.lines(batch.slice(at, at + 1), labels) ?? []),
      ]);
      expect(whole.length).toBeGreaterThan(0);
      expect(whole.equals(Buffer.concat(alone.flat()))).toBe(true);
    }
  }
}

test('only rows that the kernel cannot write are left to the reference', async () => {
  const engine = await openEngine({ routing: 'hash:k', partitions: 3 });
  const values = ['1', '"t"', '"\\n\\t\\"\\\\"', '"\\u0041"', '[1,"x"]', 'null', 'true', '-0', '1.50', '1e3'];
  await engine.emit([...values.map((value, nth) => `{"k":${nth},"a":${value}}`), '{"k":9,"a":1,"a":2}', LONG]);
  const replayed = await replayedBatches(engine);
  expect(written(replayed, [FIELD]).left).toEqual([3, 10, 11]);
  expect(written(replayed, [FIELD]).rows.slice(4, 12)).toEqual(['A', '[1,"x"]', '', 'true', '-0', '1.50', '1e3', '2']);
  // the key needs no field, and a column that is not shown leaves nothing
  expect(written(replayed, [KEY, { number: 'keyBytes' }]).left).toEqual([10]);
});

test('keys whose number has another canonical spelling are left', async () => {
  const engine = await openEngine({ routing: 'hash:k', partitions: 3 });
  const keys = ['1', '1.5', '-0', '1.0', '1e3', '9'.repeat(65), '9'.repeat(64), '"a\\tb"', 'true', '"\\u0041"'];
  await engine.emit([...keys.map((key) => `{"k":${key}}`), LONG]);
  const replayed = await replayedBatches(engine);
  expect(written(replayed, [KEY]).left).toEqual([2, 3, 4, 5, 9]);
  // the size of a text with escapes is not that of its bytes
  expect(written(replayed, [{ number: 'keyBytes' }]).left).toEqual([2, 3, 4, 5, 7, 9]);
});

test('as JSON each value is one: texts in quotes, nothing as null, and keys as texts', async () => {
  const engine = await openEngine({ routing: hashOf('k', { missing: 'none' }), partitions: 3 });
  const values = [
    '1',
    '"t"',
    '"\\n\\t\\"\\\\\\/\\b\\f\\r"',
    '"\\u0041"',
    '[1, "x"]',
    'null',
    'true',
    '1.50',
    '"é😀\u2028"',
    '""',
  ];
  await engine.emit([...values.map((value) => `{"k":${value.startsWith('[') ? null : value},"a":${value}}`), LONG]);
  const replayed = await replayedBatches(engine);
  const { rows, left } = written(replayed, [FIELD], JSON_CELLS);
  expect(left).toEqual([3, 10]);
  expect(rows.slice(0, 10)).toEqual(
    values.map((value) => (value.startsWith('"') ? JSON.stringify(JSON.parse(value)) : value)),
  );
  const keys = written(replayed, [KEY], JSON_CELLS);
  // the key of 1.50 is 1.5, which only the reference finds
  expect(keys.left).toEqual([3, 7]);
  const texts = values.map((value): unknown => JSON.parse(value));
  expect(keys.rows.slice(0, 10)).toEqual(
    texts.map((value) => (value === null || typeof value === 'object' ? 'null' : JSON.stringify(String(value)))),
  );
  const facts = ['sequence', 'offset', 'time', 'partition'] as const;
  const asked = facts.flatMap((fact) => [
    { content: { fact } },
    { literal: Buffer.from(fact === 'partition' ? '' : ',') },
  ]);
  const shown = written(replayed, asked, JSON_CELLS);
  expect(shown.left).toEqual([]);
  for (const [nth, row] of shown.rows.slice(0, 10).entries())
    expect(JSON.parse(`[${row}]`)).toEqual([
      nth + 1,
      expect.any(Number),
      expect.stringMatching(/^\d{4}-.*Z$/),
      expect.stringMatching(/^(p\d|none)$/),
    ]);
});

test('envelopes of any events are those that the platform writes', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', ',', '"', '\\', '/', '\n', '\u007f', 'é', '😀', '\ud800') });
  const value = fc.oneof(text, fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
  const event = fc.record(
    { k: value, a: fc.oneof(value, fc.array(value), fc.dictionary(text, value)) },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 30 }),
      fc.boolean(),
      async (events, isSolidusEscaped) => {
        const engine = await openEngine({ routing: hashOf('k', { missing: 'none' }), partitions: 3 });
        const lines = events
          .map((each) => JSON.stringify(each))
          .map((line) => (isSolidusEscaped ? line.replaceAll('/', '\\/') : line));
        await engine.emit([...lines, LONG]);
        const { batches, labels } = await replayedBatches(engine);
        for (const batch of batches) {
          const expected = Array.from({ length: batch.count }, (_, at) => {
            const [time, key] = [formatTime(batch.times[at] as number), labels.key(batch, at)];
            const [partition, offset] = [labels.partitionName(batch.partition(at)), batch.offsets[at]];
            const facts = JSON.stringify({ sequence: batch.sequences[at], partition, offset, time, key });
            return `${facts.slice(0, -1)},"payload":${batch.payload(at)}}\n`;
          });
          expect(Buffer.concat([...formats.envelope.lines(batch, labels)]).toString()).toBe(expected.join(''));
        }
      },
    ),
    { numRuns: quick(20, 400) },
  );
});

test('CloudEvents stay as they are, others become the data of one, and keys are attributes where they may be', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', ',', '"', '\\', '\n', '\u007f', '\u0085', '\ufdd0', 'é', '😀') });
  const value = fc.oneof({ weight: 3, arbitrary: text }, fc.integer(), fc.constant(null), fc.constant({}));
  const versions = fc.constantFrom('1.0', '1.0', '1.0', '0.3', '', '1.00', 1, '\\u0031.0', null);
  const key = fc.oneof(text, fc.integer(), fc.boolean());
  const some = fc.string({ unit: fc.constantFrom('a', '"', 'é'), minLength: 1 });
  const whole = fc.record({ specversion: fc.constant('1.0'), id: some, source: some, type: some, k: key });
  const any = fc.record(
    { specversion: versions, id: value, source: value, type: value, k: key },
    { requiredKeys: ['k'] },
  );
  const event = fc.oneof(whole, any);
  let [kept, made] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 30 }), async (events) => {
      const engine = await openEngine({ routing: 'hash:k', partitions: 3 });
      await engine.emit([...events.map((each) => JSON.stringify(each)), LONG]);
      const replayed = await replayedBatches(engine);
      expectSameRows(replayed, [
        formats.cloudevents,
        formats.cloudevents.with({ source: '/a"b"'.slice(0, 2), type: 't"' }),
      ]);
      for (const batch of replayed.batches) {
        const lines = Buffer.concat([...formats.cloudevents.lines(batch, replayed.labels)])
          .toString()
          .split('\n');
        for (let at = 0; at < batch.count; at++) {
          const payload = batch.payload(at).toString();
          const one = JSON.parse(payload) as Record<string, unknown>;
          const isText = (name: string): boolean => typeof one[name] === 'string' && one[name] !== '';
          const isEvent = one['specversion'] === '1.0' && ['id', 'source', 'type'].every(isText);
          expect(lines[at] === payload).toBe(isEvent);
          if (isEvent) kept++;
          else made++;
          expect(JSON.parse(lines[at] as string)).toMatchObject(isEvent ? one : { specversion: '1.0', data: one });
        }
      }
    }),
    { numRuns: quick(20, 400) },
  );
  expect(Math.min(kept, made)).toBeGreaterThan(0);
});

test('the kernel leaves all rows with keys of several fields, and with times of a zone', async () => {
  const engine = await openEngine({ routing: 'composite:k+a', partitions: 3 });
  await engine.emit(['{"k":1,"a":2}', LONG]);
  expect(written(await replayedBatches(engine), [KEY]).left).toEqual([0, 1]);
  const zone = await timeZone('America/New_York');
  const { batches, labels } = await replayedBatches(engine);
  const rows =
    csv
      .with({ fields: 'time,sequence' })
      .inZone?.(zone)
      .lines(batches[0] as never, labels) ?? [];
  expect(Buffer.concat([...rows]).toString()).toMatch(/^[^Z]+-0[45]:00,1\r\n[^Z]+-0[45]:00,2\r\n$/);
});

test('numbers and times of any size are the same texts', async () => {
  // no later than the clock
  const LAST = 1_700_000_000_000_000;
  const ledgerTime = fc.oneof(
    fc.integer({ min: -(2 ** 52), max: LAST }),
    fc.integer({ min: -3_000_000, max: 3_000_000 }),
    fc.constantFrom(-(2 ** 52), LAST, 951_782_400_000_000, 951_868_799_999_999, -1, 0, -62_135_596_800),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(ledgerTime, { minLength: 1, maxLength: 40 }), async (given) => {
      const times = given.sort((one, other) => one - other);
      const engine = await openEngine({ routing: 'hash:k', partitions: 1, time: 't' });
      const text = (time: number): string => JSON.stringify(formatTime(time));
      await engine.emit([
        ...times.map((time, nth) => `{"k":${nth},"t":${text(time)}}`),
        `{"t":${text(LAST)},${LONG.slice(1)}`,
      ]);
      const replayed = await replayedBatches(engine);
      const blank = { literal: Buffer.from(' ') };
      const facts = [
        { content: { fact: 'time' } },
        blank,
        { number: 'epochMs' },
        blank,
        { content: { fact: 'offset' } },
      ];
      const { rows, left } = written(replayed, facts as RowLayout['parts']);
      expect(left).toEqual([]);
      for (const [nth, time] of times.entries())
        expect(rows[nth]).toBe(`${formatTime(time)} ${Math.floor(time / 1000)} ${nth}`);
    }),
    { numRuns: quick(10, 300) },
  );
});

test('rows about as long as the room of the kernel are whole, whatever they are filled with', async () => {
  const filling = fc.constantFrom('x', ',', '\\n', '\\"', 'é');
  const value = fc.tuple(filling, fc.oneof(fc.nat(200), fc.integer({ min: -40, max: 40 }))).map(([unit, size]) => {
    const bytes = size > 0 && size <= 200 ? size : 16 * 1024 + size;
    return `"${unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)))}"`;
  });
  const formatsOfAll = [
    formats.csv.with?.({ fields: 'a' }),
    formats.csv.with?.({ fields: 'payload,a' }),
    formats.tsv.with?.({ fields: 'a,payload' }),
    formats.template.with?.({ format: '%{a}' }),
    formats.envelope,
    formats.cloudevents,
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 12 }), async (values) => {
      const engine = await openEngine({ routing: 'hash:k', partitions: 1 });
      await engine.emit([...values.map((text) => `{"k":1,"a":${text}}`), LONG]);
      const { batches, labels } = await replayedBatches(engine);
      expectSameRows({ batches, labels }, formatsOfAll);
    }),
    { numRuns: quick(15, 400) },
  );
});

test('hostile names of partitions and given keys are written as the reference writes them', async () => {
  const text = fc.string({
    unit: fc.constantFrom('a', ',', '"', '\t', '\\', 'é', '😀', ' '),
    minLength: 1,
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(text, async (key) => {
      const engine = await openEngine({ routing: 'hash:k', partitions: 2 });
      await engine.emit(['{"a":"x,\\"y"}', '{"k":1,"a":"\\t"}', LONG], { key });
      const { batches, labels } = await replayedBatches(engine);
      const named = { ...labels, partitionName: (id: number) => `${key}${id}` };
      expectSameRows({ batches, labels: named }, [
        formats.csv.with?.({ fields: 'partition,key,a,payload' }),
        formats.tsv.with?.({ fields: 'partition,key,a,payload' }),
        formats.template.with?.({ format: '%p%k%K%{a}%v\\x00\\n' }),
        formats.envelope,
        formats.cloudevents,
      ]);
    }),
    { numRuns: quick(10, 300) },
  );
});
