import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCondition } from '../../../src/core/model/events/condition.ts';
import { loadCondition } from '../../../src/core/scan/condition-test.ts';
import { FieldReader } from '../../../src/core/scan/field-reader.ts';
import { FieldKind } from '../../../src/core/scan/scanned-field.ts';
import { refusalOf, rejectionOf } from '../../support/refusals.ts';

async function holds(condition: string, payload: string): Promise<boolean> {
  const parsed = parseCondition(condition);
  const test = await loadCondition(parsed);
  return test(new FieldReader([parsed.path], 512, 'last').read(Buffer.from(payload)), 0);
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
  // elements of arrays: one by its index, or any of them
  ['items[1].x=2', '{"items":[{"x":1},{"x":2}]}', true],
  ['items[0].x=2', '{"items":[{"x":1},{"x":2}]}', false],
  ['items[2].x=2', '{"items":[{"x":1},{"x":2}]}', false],
  ['a[1][0]=3', '{"a":[[1,2],[3]]}', true],
  ['[1]=b', '["a","b"]', true],
  ['a[1].k=2', '{"a":[0,{"k":1,"k":2}],"a":[0,{"k":2}]}', true],
  ['a[0]=1', '{"a":[1],"a":[]}', false],
  ['tags[]=x', '{"tags":["y","x"]}', true],
  ['tags[]=x', '{"tags":[ ]}', false],
  ['tags[]=x', '{"tags":"x"}', false],
  ['tags[]=x', '{}', false],
  ['tags[]!=x', '{"tags":["x","y"]}', true],
  ['tags[]="a,b]"', '{"tags":["]","a,b]"]}', true],
  ['tags[]>4', '{"tags":[1,[9],{"a":9}, 5 ]}', true],
  ['tags[]~^a', '{"tags":["b\\"","\u00e4","ab"]}', true],
  ['items[].id=7', '{"items":[{"id":1,"x":[7]},{"id":7}]}', true],
  ['items[].x[]=7', '{"items":[{"id":1},{"x":[1,7]}]}', true],
  ['items[].x[1]=7', '{"items":[{"x":[7]},{"x":[1,7]}]}', true],
  ['[]=2', '[1,2]', true],
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
  ['s~*^AL.*KA$', '{"s":"alaska"}', true],
  ['s~^AL', '{"s":"alaska"}', false],
  ['s~*ÄGÄIS', '{"s":"ägäis"}', true],
  ['s~\\u{1F40B}', '{"s":"🐋"}', true],
  ['s~(?<year>20\\d\\d)-', '{"s":"2026-04"}', true],
  ['s~(?s)a.b', '{"s":"a\\nb"}', true],
  ['s~\\x{D83D}', '{"s":"\\ud83d"}', true],
  ['s~/api/', '{"s":"/api/users"}', true],
  ['s~[/]a/i', '{"s":"x/a/id"}', true],
  // what only resembles a number is a string
  ['zip=01234', '{"zip":1234}', false],
  ['zip=01234', '{"zip":"01234"}', true],
  ['zip!=01234', '{"zip":1234}', true],
  ['zip>01234', '{"zip":"01235"}', true],
  ['zip>01234', '{"zip":9999}', false],
  ['n=-01', '{"n":-1}', false],
  ['n=00', '{"n":0}', false],
  ['n=+1', '{"n":1}', false],
  ['n=.5', '{"n":0.5}', false],
  ['n=1.', '{"n":1}', false],
  ['n=0x10', '{"n":16}', false],
  ['n=1e05', '{"n":100000}', true],
  // of a key that stands twice the last one counts, with all that is below it
  ['a=1', '{"a":1,"a":2}', false],
  ['a=2', '{"a":1,"a":2}', true],
  ['a=2', '{"a":1,"\\u0061":2}', true],
  ['a.b=1', '{"a":{"b":1},"a":{"c":2}}', false],
  ['a.b=3', '{"a":{"b":1},"a":{"b":2,"b":3}}', true],
  ['a.b=1', '{"a":{"b":1},"a":7}', false],
])('%s on %s: %s', async (condition, payload, expected) => {
  expect(await holds(condition, payload)).toBe(expected);
});

test('a key that stands twice hides nothing that comes after it', async () => {
  const conditions = ['a=2', 'c=3'].map(parseCondition);
  const fields = new FieldReader(
    conditions.map(({ path }) => path),
    512,
    'last',
  );
  const line = fields.read(Buffer.from('{"a":1,"a":2,"c":3}'));
  expect(await Promise.all(conditions.map(async ({ load }, nth) => (await load())(line, nth)))).toEqual([true, true]);
});

test('fields are what JSON.parse makes of a payload, whichever keys stand twice', async () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.integer({ min: 0, max: 5 }).map(String), tie('object')),
    object: fc
      .array(fc.tuple(key, tie('value')), { maxLength: 4 })
      .map((entries) => `{${entries.map(([name, text]) => `"${name}":${text}`).join(',')}}`),
  })).object as fc.Arbitrary<string>;
  const paths = [['a'], ['a', 'b'], ['b', 'a', 'c'], ['c']];
  const fields = new FieldReader(paths, 512, 'last');
  fc.assert(
    fc.property(value, (payload) => {
      const line = fields.read(Buffer.from(payload));
      for (const [nth, path] of paths.entries()) {
        const parsed = path.reduce<unknown>(
          (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
          JSON.parse(payload),
        );
        const isThere = line.kind(nth) !== FieldKind.ABSENT;
        expect(isThere ? JSON.parse(payload.slice(line.start(nth), line.end(nth))) : undefined).toEqual(parsed);
      }
    }),
  );
});

test('a regular expression takes time in proportion to the text, whatever both are', async () => {
  // each would keep a backtracking engine busy for longer than the universe is old
  for (const pattern of ['^(a+)+$', '^(a|a)*$', '(a*)*b', '(.*)(.*)(.*)(.*)[^a]b{50}c', '(a?){60}a{60}$']) {
    const text = `${'a'.repeat(200_000)}!`;
    expect([pattern, await holds(`s~${pattern}`, JSON.stringify({ s: text }))]).toEqual([pattern, false]);
  }
});

test.each([
  ['s~(?i)alaska', 's~*alaska'],
  ['s~(?si)alaska', 's~*alaska'],
  ['s~*(?i)alaska', 's~*alaska'],
  ['properties.place~/alaska/i', 'properties.place~*alaska'],
  ['s~/alaska/gi', 's~*alaska'],
  ['s~/alaska/g', 's~alaska'],
])('%s is refused, and the hint shows %s', (text, form) => {
  const { code, hint } = refusalOf(() => parseCondition(text));
  expect(code).toBe('INVALID_ARGUMENT');
  expect(hint).toMatch(new RegExp(`^write ${form.replace(/[.*]/g, '\\$&')}(?![a-z])`));
});

test('numbers are ordered as they are, and each operator is what it says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
      fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
      async (field, value) => {
        const payload = `{"n":${field}}`;
        expect(await holds(`n<${value}`, payload)).toBe(field < value);
        expect(await holds(`n<=${value}`, payload)).toBe(field <= value);
        expect(await holds(`n>${value}`, payload)).toBe(field > value);
        expect(await holds(`n>=${value}`, payload)).toBe(field >= value);
        expect(await holds(`n=${value}`, payload)).toBe(field === value);
        expect(await holds(`n!=${value}`, payload)).toBe(field !== value);
      },
    ),
  );
});

test('several conditions may name one field, and a field within another', async () => {
  const conditions = ['a.b>1', 'a.b<3', 'a~x'].map(parseCondition);
  const fields = new FieldReader(
    conditions.map(({ path }) => path),
    512,
  );
  const line = fields.read(Buffer.from('{"a":{"b":2}}'));
  expect(await Promise.all(conditions.map(async ({ load }, nth) => (await load())(line, nth)))).toEqual([
    true,
    true,
    false,
  ]);
});

test.each(['', 'n', '=1', 'n==1', 'n=~x', 'a..b=1', '"a=1', 's="open', 's="a"b', '"a"b=1'])('%j is refused', (text) => {
  expect(refusalOf(() => parseCondition(text)).code).toBe('INVALID_ARGUMENT');
});

test.each([
  ['s~(', 'missing closing )'],
  ['s~[z-a]', 'invalid character class range'],
  ['s~(?=a)', 'unsupported'],
  ['s~(a)\\1', 'invalid escape sequence'],
  ['s~(a{1,100}){1,9}', 'too large: '],
  ['s~a{2000}', 'invalid repeat count'],
])('%j is refused when it is loaded: %s', async (text, reason) => {
  const refusal = await rejectionOf(parseCondition(text).load());
  expect(refusal.code).toBe('INVALID_ARGUMENT');
  expect(refusal.message).toContain(reason);
});
