/** Dotted paths: what they name, what is rejected, and that their text reads back. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  formatElementPath,
  formatFieldPath,
  parseElementPath,
  parseFieldPath,
} from '../../../src/core/model/text/field-path.ts';
import { nearPath } from '../../../src/core/model/text/near-path.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { refusalOf } from '../../support/refusals.ts';

it('reads the keys from the root down', () => {
  expect(parseFieldPath('id')).toEqual(['id']);
  expect(parseFieldPath('properties.net')).toEqual(['properties', 'net']);
  expect(parseFieldPath('größe.キー.__proto__.0.a:b.created at')).toEqual([
    'größe',
    'キー',
    '__proto__',
    '0',
    'a:b',
    'created at',
  ]);
});

it('takes any name in double quotes, written as in JSON', () => {
  expect(parseFieldPath('"a.b".""."c,d=e+f"." "."say \\"\\u00e9\\n\\""')).toEqual([
    'a.b',
    '',
    'c,d=e+f',
    ' ',
    'say "é\n"',
  ]);
});

it('reads elements of arrays by their index', () => {
  expect(parseFieldPath('items[0].id')).toEqual(['items', 0, 'id']);
  expect(parseFieldPath('[2].x')).toEqual([2, 'x']);
  expect(parseFieldPath('a[1][20]."b[0].c"[3]')).toEqual(['a', 1, 20, 'b[0].c', 3]);
  expect(formatFieldPath(['a', 1, 20, 'b[0].c', 3])).toBe('a[1][20]."b[0].c"[3]');
});

it.each(['a[x]', 'a[-1]', 'a[01]', 'a[1', 'a]', 'a[1]b', 'a.[1]', 'a[99999999999]', 'a[]', '[]'])(
  'refuses %j, whose brackets hold no index',
  (text) => {
    expect(refusalOf(() => parseFieldPath(text)).code).toBe('INVALID_ARGUMENT');
  },
);

it('reads any element of an array, and writes it back', () => {
  for (const text of ['tags[]', 'a.items[].id', 'a[][]', '[].x', 'a[0][]."b.c"[].d'])
    expect(formatElementPath(parseElementPath(text))).toBe(text);
  expect(parseElementPath('a.items[].id')).toEqual({ path: ['a', 'items'], each: { path: ['id'], each: null } });
});

it('finds the spelling that was meant', () => {
  expect(nearPath(['id', 'orig_h'], { 'id.orig_h': 1 })).toBe('is there as "id.orig_h"');
  expect(nearPath(['a', 'id', 'orig_h'], { a: { 'id.orig_h': 1 } })).toBe('is there as a."id.orig_h"');
  expect(nearPath(['items', '0', 'x'], { items: [{ x: 1 }] })).toBe('is there as items[0].x');
  expect(nearPath(['id', 'orig_h'], { id: { orig_h: 1 }, 'id.orig_h': 1 })).toBe(null);
  expect(nearPath(['id', 'orig_h'], { id: 1 })).toBe(null);
  expect(nearPath(['__proto__', 'x'], {})).toBe(null);
});

it.each([
  ['mag', 'is there as properties.mag'],
  ['properties.mag', null],
  ['place.city', 'is there as properties.place.city'],
  ['type', null],
  ['net', 'is there as properties.net'],
  ['a.b', 'is there as geo."a.b"'],
  // names without those that lead to them, in another case, and misspelled
  ['event.type', 'may mean type'],
  ['Mag', 'may mean properties.mag'],
  ['properties.Place.city', 'may mean properties.place.city'],
  ['magg', 'may mean properties.mag'],
  ['propertys.mag', 'may mean properties.mag'],
  ['proprety.mag', null],
  ['proprties.place', 'may mean properties.place'],
  // three letters of which two differ, and what is only in an array
  ['sig', null],
  ['id', null],
  ['constructor', null],
])('a missing field %s %s', (path, near) => {
  const payload = {
    type: 'Feature',
    list: [{ id: 1 }],
    properties: { mag: 1, net: 'uw', place: { city: 'x' } },
    geo: { 'a.b': 1, mag: 2 },
  };
  expect(nearPath(parseFieldPath(path), payload)).toBe(near);
});

it.each(['a,b', 'a=b', 'a+b', 'a"b', '"a"b', '"a', ' a', 'a. b', 'a\t', '"a\nb"', '"\\x"'])(
  'refuses %j, where a name needs quotes or has them wrong',
  (text) => {
    expect(refusalOf(() => parseFieldPath(text)).message).toMatch(/must be in double quotes|a quote is not closed/);
  },
);

it('quotes a name only where it must, or where it could not be seen', () => {
  expect(formatFieldPath(['a', 'b-c_d:e', 'größe'])).toBe('a.b-c_d:e.größe');
  expect(formatFieldPath(['a.b', '', 'c d', '\u009b', '\u202e', '\udb40\udc01', '\ud800'])).toBe(
    '"a.b".""."c d"."\\u009b"."\\u202e"."\\udb40\\udc01"."\\ud800"',
  );
});

it.each(['', '.', 'a.', '.a', 'a..b'])('refuses %j, where a name is missing', (text) => {
  const refusal = refusalOf(() => parseFieldPath(text));
  expect(refusal.code).toBe('INVALID_ARGUMENT');
  expect(refusal.message).toContain(`'${text}'`);
});

it('reads back what it writes', () => {
  const key = fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.string({ unit: fc.constantFrom(...'.,+="\\ \n\ud800a[]0') }),
    fc.nat(),
  );
  fc.assert(
    fc.property(fc.array(key, { minLength: 1 }), (path) => {
      expect(parseFieldPath(formatFieldPath(path))).toEqual(path);
    }),
  );
});
