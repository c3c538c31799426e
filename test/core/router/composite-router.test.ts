/** Composites: no two lists of parts are confused, and each part is a key like any other. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hashPartition } from '../../../src/core/model/routing/murmur2.ts';
import { routing } from '../../support/routed.ts';

const names = Array.from({ length: 256 }, (_, id) => `p${id}`);
const route = routing('composite:a+b', names);

/** The bytes that are hashed, by the words of docs/ROUTING.md. */
function prefixed(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(part));
      return [length, Buffer.from(part)];
    }),
  );
}

it('hashes the parts, each preceded by its length', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: 2000 }), fc.integer()),
      (a, b) => {
        const bytes = prefixed([a, String(b)]);
        expect(route(JSON.stringify({ a, b }))).toEqual({
          to: hashPartition(bytes, 0, bytes.length, 256),
          key: JSON.stringify([a, String(b)]),
        });
      },
    ),
  );
});

it('does not take ("a", "bc") for ("ab", "c")', () => {
  const cuts = ['', 'a', 'ab', 'abc', 'abcd'].map((a) => route(JSON.stringify({ a, b: 'abcd'.slice(a.length) })));
  expect(new Set(cuts.map(({ to }) => to)).size).toBe(5);
  expect(new Set(cuts.map(({ key }) => key)).size).toBe(5);
});

it('knows one key whatever its spelling and whatever stands around it', () => {
  const lines = ['{"a":1,"b":"x"}', '{"b":"\\u0078","a":1.0}', ' { "z":[1,{"a":2}], "b":"x", "a":1e0 } '].map(route);
  expect(new Set(lines.map(({ to }) => to)).size).toBe(1);
  expect(lines.map(({ key }) => key)).toEqual(['["1","x"]', '["1","x"]', '["1","x"]']);
});

it('has no key where one of its parts has none', () => {
  expect(route('{"a":"x"}')).toEqual({ to: 'key-missing', key: null });
  expect(route('{"a":"x","b":null}')).toEqual({ to: 'key-not-scalar', key: null });
  expect(route('{"a":[],"b":1}').to).toBe('key-not-scalar');
});

it('reads sixteen fields', () => {
  const fields = Array.from({ length: 16 }, (_, nth) => `f${nth}`);
  const wide = routing(`composite:${fields.join('+')}`, names);
  const bytes = prefixed(fields);
  expect(wide(JSON.stringify(Object.fromEntries(fields.map((field) => [field, field])))).to).toBe(
    hashPartition(bytes, 0, bytes.length, 256),
  );
});
