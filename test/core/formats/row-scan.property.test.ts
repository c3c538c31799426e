/** Rows of a large batch, which the kernel scans and writes, are those that the reference writes of each event alone. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Completengine, EventFormat } from '../../../src/index.ts';
import { formats } from '../../../src/index.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { openEngine } from '../../support/engines.ts';
import { type ReplayedBatches, replayedBatches } from '../../support/replayed-batches.ts';
import { quick } from '../../support/test-size.ts';

const FIELDS = 'sequence,partition,offset,time,key,k,a,o.t,o.o.t,payload';
const FORMATS: readonly EventFormat[] = [
  formats.csv.with?.({ fields: FIELDS }),
  formats.csv.with?.({ fields: `${FIELDS},l[1].x` }),
  formats.tsv.with?.({ fields: FIELDS }),
  // nothing that is the same for all events of a frame, and no field at all
  formats.csv.with?.({ fields: 'o,a' }),
  formats.tsv.with?.({ fields: 'payload,sequence' }),
  formats.template.with?.({ format: '%s %p %o %t %T %K %k %{o.t} %{a} %V %v\\n' }),
  formats.cloudevents,
].filter((format) => format !== undefined);

/** JSON texts as people write them: any spelling of a number, escapes, blanks between tokens. */
const number = fc.constantFrom('0', '-0', '1', '1.0', '1.50', '1e3', '-2.5E-7', '12345678901234567890', '9'.repeat(70));
const string = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 40 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '""',
    '"a,b"',
    '"\\u0061\\ud83d\\ude00"',
    '"\\ud800"',
    '"\\/\\""',
    '"\\r\\n\\t"',
    '"\\b\\f\\\\,\\/\\""',
    '"no comma\\n"',
    '"\\\\t"',
    '"größe,鯨"',
    '"\u007f"',
  ),
);
const scalar = fc.oneof(number, string, fc.constantFrom('true', 'false'));
const value = fc.oneof(
  scalar,
  fc.constant('null'),
  fc.constantFrom('[ 1,\t"a\\"b" ,\r"\\\\\\t"]', '{"t": "in,\\"ner"}', '[]', '{}'),
);
const name = fc.constantFrom('"a"', '"o"', '"t"', '"b,"', '"\\u0061"', '"l"', '""');
const object = (inner: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(name, inner), { maxLength: 5 })
    .map((fields) => `{${fields.map(([k, v]) => `${k} :${v}`).join(', ')}}`);
const nested = object(fc.oneof(value, object(fc.oneof(value, object(value)))));
const pad = 'x'.repeat(70 * 1024);

/** Twice the key is refused, so that it stands once here. */
const line = fc.tuple(scalar, nested, fc.nat(3)).map(([key, rest, place]) => {
  const inner = rest.slice(1, -1);
  const own = `"${place === 0 ? '\\u006b' : 'k'}":${key}`;
  return `{${[own, inner, '"pad":1'].filter((part) => part !== '').join(',')}}`;
});

async function batchesOf(fill: (engine: Completengine) => Promise<unknown>, partition: string) {
  const engine = await openEngine({ routing: partition, partitions: 3 });
  await fill(engine);
  return replayedBatches(engine);
}

function expectSameRows({ batches, labels }: ReplayedBatches): void {
  for (const batch of batches) {
    expect(batch.lines().length).toBeGreaterThan(64 * 1024);
    for (const format of FORMATS) {
      const whole = Buffer.concat([...format.lines(batch, labels)]);
      const alone: Buffer[] = [];
      for (let at = 0; at < batch.count; at++)
        alone.push(...[...format.lines(batch.slice(at, at + 1), labels)].map((piece) => Buffer.from(piece)));
      // the event that makes the batch large is read by the kernel alone, too
      expect(whole.toString('latin1')).toBe(Buffer.concat(alone).toString('latin1'));
    }
  }
}

const long = `{"k":1,"pad":1,"a":"${pad}"}`;

test('for payloads of any spelling, whether the key is a field, several, or none', async () => {
  const events = fc.array(line, { minLength: 1, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(events, fc.constantFrom('hash', 'hash:k', 'composite:k+pad'), async (lines, partition) => {
      expectSameRows(await batchesOf((engine) => engine.emit([...lines, long]), partition));
    }),
    { numRuns: quick(12, 600) },
  );
});

test('for keys that are given, and the first of two keys where no line was read for one', async () => {
  const lines = ['{"k":1,"k":2,"a":1,"a":"two"}', '{"a":3}', '{"k":"\\u0041"}', '{"k":{}}', long];
  expectSameRows(await batchesOf((engine) => engine.emit(lines, { key: 'given,"key"' }), 'hash:k'));
  expectSameRows(await batchesOf((engine) => engine.emit(lines, { to: 'p1' }), 'hash:k'));
});
