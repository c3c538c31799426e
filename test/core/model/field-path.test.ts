/** Dotted paths: what they name, what is rejected, and that their text reads back. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatFieldPath, parseFieldPath } from '../../../src/core/model/text/field-path.ts';
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
  const key = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'.,+="\\ \n\ud800a') }));
  fc.assert(
    fc.property(fc.array(key, { minLength: 1 }), (path) => {
      expect(parseFieldPath(formatFieldPath(path))).toEqual(path);
    }),
  );
});
