/** -o cloudevents, checked against the schema of the specification. */

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { formats, hashOf, withMissing } from '../../../src/index.ts';
import { delivered } from '../../support/delivered.ts';
import { failureOf, openEngine } from '../../support/engines.ts';
import { parseLines } from '../../support/ledger-cli.ts';

const SCHEMA = new URL('../../../fixtures/cloudevents-1.0.schema.json', import.meta.url);
const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const isCloudEvent = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);

const WHOLE = '{"specversion":"1.0","id":"7","source":"/s","type":"t", "data":{"a":1.0}}';

test('CloudEvents stay as they are, and other events become the data of one', async () => {
  const engine = await openEngine({ routing: withMissing(hashOf('k'), 'rest'), partitions: 2 });
  const others = [
    '{"k":"a", "n":1.0}',
    '[1, 2]',
    '"text"',
    '{"k":"\\u0007"}',
    '{"k":""}',
    WHOLE.replace('1.0"', '0.3"'),
    WHOLE.replace('"7"', '""'),
    WHOLE.replace('"/s"', '1'),
    '{"data":{"specversion":"1.0","id":"7","source":"/s","type":"t"}}',
  ];
  await engine.emit([WHOLE, ...others]);
  const output = await delivered(engine, formats.cloudevents);
  const [first, ...rest] = output.toString().split('\n').slice(0, -1);
  expect(first).toBe(WHOLE);
  const uuid = engine.identity.uuid;
  for (const [at, line] of rest.entries()) {
    const event = JSON.parse(line as string) as Record<string, unknown>;
    expect(isCloudEvent(event), JSON.stringify(isCloudEvent.errors)).toBe(true);
    expect(event).toMatchObject({ id: `${uuid}/${at + 2}`, source: `urn:uuid:${uuid}`, type: 'completengine.event' });
    // to the byte
    expect(line).toContain(`"data":${others[at]}}`);
  }
  const [keyed, , , control, empty] = parseLines(rest.join('\n'));
  expect(keyed).toMatchObject({ subject: 'a', partitionkey: 'a', datacontenttype: 'application/json' });
  for (const event of [control, empty]) expect(event).not.toHaveProperty('subject');
});

test('source and type of wrapped events can be given, and must be such', async () => {
  const engine = await openEngine();
  await engine.emit(['1', WHOLE]);
  const format = formats.cloudevents.with?.({ source: '/orders', type: 'com.example."order"' }) ?? formats.cloudevents;
  const [one, two] = parseLines(await delivered(engine, format));
  expect(one).toMatchObject({ source: '/orders', type: 'com.example."order"', data: 1 });
  expect(two).toMatchObject({ source: '/s', type: 't' });
  for (const settings of [{ source: '' }, { source: 'a b' }, { source: 'a"' }, { type: '' }, { type: 'a\n' }])
    await failureOf(async () => formats.cloudevents.with?.(settings), 'INVALID_ARGUMENT');
});
