import { expect, test } from 'vitest';
import { type Epoch, NO_PLACEMENTS, type RoutingInForce } from '../../../src/core/model/routing/routing.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { placeOfKey } from '../../../src/core/router/place-of-key.ts';
import { makeRouter } from '../../../src/core/router/router.ts';
import { FieldReader } from '../../../src/core/scan/field-reader.ts';

const NAMES = ['p0', 'p1', 'p2', 'p3'];

function routingOf(text: string): RoutingInForce {
  const epoch: Epoch = {
    epoch: 1,
    fromSequence: 1,
    spec: parseRoutingSpec(text),
    partitionIds: NAMES.map((_, id) => id),
    placedFrom: null,
  };
  return { epoch, partitionNames: NAMES, placements: NO_PLACEMENTS };
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
    ['"2026-04-12T00:00:00Z"', '"2026-04-12T02:00:00+02:00"', '"1999-01-01T00:00:00Z"'].map(
      (value) => `{"k":${value}}`,
    ),
  ],
  ['composite:k+l', VALUES.map((value) => `{"k":${value},"l":"x"}`)],
])('%s: an event lies where its key is said to', (text, payloads) => {
  const routing = routingOf(text);
  const router = makeRouter(routing);
  const fields = new FieldReader(router.fields, 512);
  for (const payload of payloads) {
    const line = fields.read(Buffer.from(payload));
    const place = router.route(line);
    expect(typeof place).toBe('number');
    expect(placeOfKey(routing, router.keyOf(line) ?? '')).toBe(place);
  }
});

test.each([
  ['manual:k', 'squid'],
  ['range:k=-5,10,500', 'many'],
  ...['a', '["a"]', '["a",1]', '["a","b","c"]', '{"length":2}', '['].map((key) => ['composite:k+l', key]),
])('%s: no event can have the key %j', (text, key) => {
  expect(placeOfKey(routingOf(text), key)).toBeNull();
});

test.each([
  ['hash', 'a'],
  ['hash:k', 'a'],
  ['range:k=-5,10,500', '1e2'],
  ['composite:k+l', '["a","b"]'],
  ['manual:k', 'p2'],
])('%s: what is emitted with the given key %j lies where the key is said to', (text, key) => {
  const routing = routingOf(text);
  const { givenKey, everyLineTo } = makeRouter(routing, { key, to: null });
  expect(everyLineTo).not.toBeNull();
  expect(placeOfKey(routing, givenKey ?? '')).toBe(everyLineTo);
});
