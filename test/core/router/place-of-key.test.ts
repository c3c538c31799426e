import { expect, test } from 'vitest';
import { FieldReader } from '../../../src/core/emission/field-reader.ts';
import { type Epoch, NO_PLACEMENTS, type Router, type RoutingSpec } from '../../../src/core/model/routing.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing-text.ts';
import { placeOfKey } from '../../../src/core/router/place-of-key.ts';
import { makeRouter } from '../../../src/core/router/router.ts';

const NAMES = ['p0', 'p1', 'p2', 'p3'];

function routingOf(text: string): { router: Router; spec: RoutingSpec } {
  const spec = parseRoutingSpec(text);
  const epoch: Epoch = { epoch: 1, fromSequence: 1, spec, partitionIds: NAMES.map((_, id) => id), placedFrom: null };
  return { spec, router: makeRouter({ epoch, partitionNames: NAMES, placements: NO_PLACEMENTS }) };
}

const VALUES = [
  '"a"',
  '"b\\u0061"',
  '"12"',
  '12',
  '12.0',
  '1.2e1',
  '-7',
  '0',
  '100',
  '1000',
  'true',
  'false',
  '"p2"',
  '"2026-04-12T00:00:00Z"',
  '1775952000',
  '"\\"q\\""',
  '""',
];

test.each([
  ['hash:k', VALUES.map((value) => `{"k":${value}}`)],
  ['manual:k', ['{"k":"p0"}', '{"k":"p3"}', '{"k":"p\\u0031"}']],
  ['range:k=-5,10,500', ['-7', '12', '12.0', '1.2e1', '100', '1e3'].map((value) => `{"k":${value}}`)],
  ['range:k="b","c","d"', ['"a"', '"b\\u0061"', '"c"', '"\\"q\\""', '"12"', '""'].map((value) => `{"k":${value}}`)],
  [
    'range:k=2026-01-01T00:00:00Z,2026-04-12T00:00:00Z,2027-01-01T00:00:00Z',
    ['"2026-04-12T00:00:00Z"', '"2026-04-12T02:00:00+02:00"', '"1999-01-01T00:00:00Z"'].map((value) => `{"k":${value}}`),
  ],
  ['composite:k+l', VALUES.map((value) => `{"k":${value},"l":"x"}`)],
])('%s: an event lies where its key is said to', (text, payloads) => {
  const { router, spec } = routingOf(text);
  const fields = new FieldReader(router.fields, 512);
  for (const payload of payloads) {
    const line = fields.read(Buffer.from(payload));
    const place = router.route(line);
    expect(typeof place).toBe('number');
    expect(placeOfKey(router, spec, router.keyOf(line) ?? '')).toBe(place);
  }
});

test.each([
  ['hash', 'a'],
  ['manual:k', 'squid'],
  ['range:k=-5,10,500', 'many'],
  ...['a', '["a"]', '["a",1]', '["a","b","c"]', '{"length":2}', '['].map((key) => ['composite:k+l', key]),
])('%s: no event can have the key %j', (text, key) => {
  const { router, spec } = routingOf(text);
  expect(placeOfKey(router, spec, key)).toBeNull();
});
