import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldReader } from '../../../src/core/emission/field-reader.ts';
import { parseCondition } from '../../../src/core/model/condition.ts';
import { refusalOf } from '../../support/refusals.ts';

function holds(condition: string, payload: string): boolean {
  const { path, holds: test } = parseCondition(condition);
  return test(new FieldReader([path], 512).read(Buffer.from(payload)), 0);
}

test.each([
  // numbers by value, whatever their spelling and size
  ['n=1', '{"n":1.0}', true],
  ['n=1e0', '{"n":1}', true],
  ['n=9007199254740993', '{"n":9007199254740992}', false],
  ['n>9007199254740992', '{"n":9007199254740993}', true],
  ['n<0.1', '{"n":0.09999999999999999999}', true],
  ['n>=4.5', '{"n":4.50}', true],
  ['n<=-1', '{"n":-1e3}', true],
  ['n>100', '{"n":99}', false],
  ['n!=1', '{"n":2}', true],
  ['n!=1', '{"n":1.00}', false],
  ['n=0', '{"n":-0}', true],
  ['n>1', '{"n":1e400}', true],
  // texts by their characters, in byte order
  ['s=us', '{"s":"us"}', true],
  ['s=us', '{"s":"u\\u0073"}', true],
  ['s="us"', '{"s":"us"}', true],
  ['s=', '{"s":""}', true],
  ['s=""', '{"s":""}', true],
  ['s<b', '{"s":"a"}', true],
  ['s>\u{ffff}', '{"s":"\u{1f40b}"}', true],
  ['s>=2026-04-12', '{"s":"2026-04-12T09:00:00Z"}', true],
  ['s=a=b', '{"s":"a=b"}', true],
  ['s="=x"', '{"s":"=x"}', true],
  // a bare number is also a text; in quotes it is a text alone
  ['s=12', '{"s":"12"}', true],
  ['s="12"', '{"s":"12"}', true],
  ['n="12"', '{"n":12}', false],
  ['s>12', '{"s":"99"}', false],
  ['s>"12"', '{"s":"99"}', true],
  ['n>abc', '{"n":99}', false],
  // words of JSON
  ['b=true', '{"b":true}', true],
  ['b="true"', '{"b":true}', false],
  ['b=true', '{"b":"true"}', true],
  ['b=null', '{"b":null}', true],
  ['b="null"', '{"b":null}', false],
  ['b!=null', '{"b":1}', true],
  // what is not there equals nothing, and is neither smaller nor greater
  ['x=1', '{"n":1}', false],
  ['x!=1', '{"n":1}', true],
  ['x<1', '{}', false],
  ['x~.', '{}', false],
  ['o=1', '{"o":{"a":1}}', false],
  ['o.a=1', '{"o":{"a":1}}', true],
  ['x=1', '[1]', false],
  ['x=1', '"x"', false],
  // names in quotes
  ['"a.b"=1', '{"a.b":1}', true],
  ['"a=b".c=1', '{"a=b":{"c":1}}', true],
  ['"a>b">1', '{"a>b":2}', true],
  // regular expressions, on texts and on numbers as they are written
  ['s~^al.*ka$', '{"s":"alaska"}', true],
  ['s~ka$', '{"s":"kauai"}', false],
  ['s~^.$', '{"s":"🐋"}', true],
  ['n~^1e', '{"n":1e5}', true],
  ['b~tru', '{"b":true}', true],
])('%s on %s: %s', (condition, payload, expected) => {
  expect(holds(condition, payload)).toBe(expected);
});

test('numbers are ordered as they are, and each operator is what it says', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (field, value) => {
      const payload = `{"n":${field}}`;
      expect(holds(`n<${value}`, payload)).toBe(field < value);
      expect(holds(`n<=${value}`, payload)).toBe(field <= value);
      expect(holds(`n>${value}`, payload)).toBe(field > value);
      expect(holds(`n>=${value}`, payload)).toBe(field >= value);
      expect(holds(`n=${value}`, payload)).toBe(field === value);
      expect(holds(`n!=${value}`, payload)).toBe(field !== value);
    }),
  );
});

test('several conditions may name one field, and a field within another', () => {
  const conditions = ['a.b>1', 'a.b<3', 'a~x'].map(parseCondition);
  const fields = new FieldReader(
    conditions.map(({ path }) => path),
    512,
  );
  const line = fields.read(Buffer.from('{"a":{"b":2}}'));
  expect(conditions.map((condition, nth) => condition.holds(line, nth))).toEqual([true, true, false]);
});

test.each(['', 'n', '=1', 'n==1', 'n=~x', 'a..b=1', '"a=1', 's="open', 's="a"b', 's~(', 's~[z-a]', '"a"b=1'])('%j is refused', (text) => {
  expect(refusalOf(() => parseCondition(text)).code).toBe('INVALID_ARGUMENT');
});
