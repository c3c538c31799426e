/**
 * Routings as text and as calls: their meaning, that both agree, that the text reads back, and the messages of invalid
 * ones.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf } from '../../../src/core/model/routing/range-bounds.ts';
import type { RoutingSpec } from '../../../src/core/model/routing/routing.ts';
import {
  compositeOf,
  hashOf,
  placedBy,
  rangeOf,
  stickyBy,
  withMissing,
} from '../../../src/core/model/routing/routing-intents.ts';
import { formatRoutingSpec, parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { isTime } from '../../../src/core/model/time/time.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { refusalOf } from '../../support/refusals.ts';
import { quick } from '../../support/test-size.ts';

describe('a routing as text', () => {
  it.each<[string, RoutingSpec]>([
    ['hash', { rule: 'hash', field: null, missing: null }],
    ['hash:tenant', { rule: 'hash', field: ['tenant'], missing: null }],
    ['hash:a:b.c', { rule: 'hash', field: ['a:b', 'c'], missing: null }],
    ['hash:"a.b".c,missing=rest', { rule: 'hash', field: ['a.b', 'c'], missing: 'rest' }],
    [
      'range:amount=100,1000',
      { rule: 'range', field: ['amount'], bounds: { kind: 'number', values: ['100', '1000'] }, missing: null },
    ],
    [
      'range:a="10","9",missing=p0',
      { rule: 'range', field: ['a'], bounds: { kind: 'text', values: ['10', '9'] }, missing: 'p0' },
    ],
    ['range:"a=b"=g,n', { rule: 'range', field: ['a=b'], bounds: { kind: 'text', values: ['g', 'n'] }, missing: null }],
    ['range:a="x,y=z"', { rule: 'range', field: ['a'], bounds: { kind: 'text', values: ['x,y=z'] }, missing: null }],
    [
      'range:at=1970-01-01T00:00:01Z,1970-01-01T00:00:01.5Z',
      { rule: 'range', field: ['at'], bounds: { kind: 'time', values: [1e6, 1.5e6] }, missing: null },
    ],
    ['composite:tenant+a.topic', { rule: 'composite', fields: [['tenant'], ['a', 'topic']], missing: null }],
    ['composite:"a+b"+c,missing=rest', { rule: 'composite', fields: [['a+b'], ['c']], missing: 'rest' }],
    ['sticky:session', { rule: 'sticky', field: ['session'], idleMicros: null, missing: null }],
    [
      'sticky:session,idle=30m,missing=rest',
      { rule: 'sticky', field: ['session'], idleMicros: 1800e6, missing: 'rest' },
    ],
    ['manual:place.shoal', { rule: 'manual', field: ['place', 'shoal'], missing: null }],
  ])('%s means one thing and is written so', (text, spec) => {
    expect(parseRoutingSpec(text)).toEqual(spec);
    expect(formatRoutingSpec(spec)).toBe(text);
  });

  it.each([
    ['range:a=1e2,1000.0', 'range:a=100,1000'],
    ['range:a=-0.50,1E3', 'range:a=-0.5,1000'],
    ['range:a=2026-01-01T02:00:00+02:00', 'range:a=2026-01-01T00:00:00Z'],
    ['range:a="g","n o"', 'range:a=g,"n o"'],
    ['sticky:s,missing=rest,idle=90m', 'sticky:s,idle=90m,missing=rest'],
    ['sticky:s,idle=1h30m', 'sticky:s,idle=90m'],
    ['sticky:s,idle=168h', 'sticky:s,idle=1w'],
    ['hash:"tenant"', 'hash:tenant'],
  ])('%s is kept in its one spelling', (text, kept) => {
    expect(formatRoutingSpec(parseRoutingSpec(text))).toBe(kept);
  });

  it('reads back what it writes, whatever the names and bounds', () => {
    const name = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.string({ unit: fc.constantFrom(...'.,+=:"\\ \n\ud800a') }),
      fc.string({ minLength: 1 }),
    );
    const field = fc.array(name, { minLength: 1, maxLength: 4 });
    const missing = fc.option(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,8}$/));
    const number = fc.oneof(fc.integer(), fc.bigInt(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    const time = fc.integer({ min: -(2 ** 42), max: 2 ** 42 }).map((ms) => new Date(ms));
    const bounds = fc
      .oneof(
        fc.uniqueArray(number, { minLength: 1, maxLength: 5 }),
        fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
        fc.array(time, { minLength: 1, maxLength: 5 }),
      )
      .map((values) =>
        values.toSorted((one, other) =>
          typeof one === 'string'
            ? Buffer.compare(Buffer.from(one), Buffer.from(String(other)))
            : Number(one) - Number(other),
        ),
      )
      .chain((values) => {
        try {
          return fc.constant(boundsOf(values));
        } catch {
          return fc.constant(boundsOf(values.slice(0, 1)));
        }
      });
    const spec: fc.Arbitrary<RoutingSpec> = fc.oneof(
      fc.record({ rule: fc.constant('hash' as const), field, missing }),
      fc.record({ rule: fc.constant('range' as const), field, bounds, missing }),
      fc.record({
        rule: fc.constant('composite' as const),
        fields: fc.uniqueArray(field, { minLength: 2, maxLength: 16, selector: String }),
        missing,
      }),
      fc.record({
        rule: fc.constant('sticky' as const),
        field,
        idleMicros: fc.option(fc.integer({ min: 1, max: 2 ** 42 }).map((ms) => ms * 1000)),
        missing,
      }),
      fc.record({ rule: fc.constant('manual' as const), field, missing }),
    );
    fc.assert(
      fc.property(spec, (routing) => {
        const text = formatRoutingSpec(routing);
        expect(parseRoutingSpec(text)).toEqual(routing);
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: quick(700, 2000) },
    );
  });
});

describe('a routing as a call', () => {
  it.each([
    [hashOf(), 'hash'],
    [hashOf('tenant'), 'hash:tenant'],
    [hashOf('tenant', { missing: 'rest' }), 'hash:tenant,missing=rest'],
    [rangeOf('amount', [100, 1000]), 'range:amount=100,1000'],
    [
      rangeOf('amount', [0.5, 10n ** 30n, 1e40], { missing: 'rest' }),
      `range:amount=0.5,1${'0'.repeat(30)},1${'0'.repeat(40)},missing=rest`,
    ],
    [rangeOf('name', ['9', 'g']), 'range:name="9",g'],
    [
      rangeOf('at', [new Date(0), '1970-01-01T01:00:00.25+01:00']),
      'range:at=1970-01-01T00:00:00Z,1970-01-01T00:00:00.25Z',
    ],
    [compositeOf('tenant', 'topic'), 'composite:tenant+topic'],
    [compositeOf(['tenant', 'topic'], { missing: 'rest' }), 'composite:tenant+topic,missing=rest'],
    [stickyBy('session'), 'sticky:session'],
    [stickyBy('session', { idle: '30m' }), 'sticky:session,idle=30m'],
    [placedBy('shoal'), 'manual:shoal'],
    [withMissing(placedBy('shoal'), 'cod'), 'manual:shoal,missing=cod'],
    [withMissing(placedBy('shoal'), undefined), 'manual:shoal'],
  ])('%j says what %s says', (spec, text) => {
    expect(spec).toEqual(parseRoutingSpec(text));
  });

  it('keeps bounds of times within what the ledger keeps', () => {
    const { bounds } = rangeOf('at', ['1900-01-01T00:00:00Z']) as Extract<RoutingSpec, { rule: 'range' }>;
    expect(bounds.kind).toBe('time');
    expect(isTime(bounds.values[0] as number)).toBe(true);
  });
});

describe('a wrong routing is refused', () => {
  it.each([
    '',
    'Hash',
    ' hash',
    'manual',
    'range',
    'modulo:a',
    'tenant',
    ':tenant',
    '__proto__',
    'constructor:a',
    'hash,missing=a',
  ])('%j: there is none such', (text) => {
    const { code, message, hint } = refusalOf(() => parseRoutingSpec(text));
    expect(code).toBe('INVALID_ARGUMENT');
    expect(message).toBe(`'${text}' is not a routing`);
    expect(hint).toMatch(/:FIELD/);
  });

  it.each([
    ['hash:', "'' is not a field path: a name is missing"],
    ['hash:a..b', "'a..b' is not a field path: a name is missing"],
    ['hash:a+b', /must be in double quotes/],
    ['hash:a,b', "'b' is not an option of hash"],
    ['hash:a,idle=3m', "'idle=3m' is not an option of hash"],
    ['hash:a,missing=b,missing=b', 'the option missing is given twice'],
    ['hash:a,missing=', "invalid partition name ''"],
    ['hash:a,missing=A', "invalid partition name 'A'"],
    ['hash:"a', /a quote is not closed/],
    ['manual:', /a name is missing/],
    ['composite:a', 'a composite needs two fields'],
    ['composite:a+', /a name is missing/],
    ['composite:a+b+a', 'the field a is named twice'],
    [
      `composite:${Array.from({ length: 17 }, (_, nth) => `f${nth}`).join('+')}`,
      'a composite of 17 fields is too many',
    ],
    ['range:a', 'the range over a has no bounds'],
    ['range:a=', 'a bound is missing'],
    ['range:a=1,,2', 'a bound is missing'],
    ['range:a=1,1.0', 'bounds must increase, but 1 and 1 do not'],
    ['range:a=10,9', 'bounds must increase, but 10 and 9 do not'],
    ['range:a="9",10', 'the bounds "9" and 10 are a string and a number'],
    ['range:a=1,2026-01-01T00:00:00Z', 'the bounds 1 and 2026-01-01T00:00:00Z are a number and a time'],
    ['range:a="\ud83d\udc1f","\uff5e"', /bounds must increase/],
    ['range:a=01', /the bound 01 is neither a number/],
    ['range:a=.5', /is neither a number/],
    ['range:a=+5', /is neither a number/],
    ['range:a=1_000', /is neither a number/],
    ['range:a=-Infinity', /is neither a number/],
    ['range:a= 5', /is neither a number/],
    [`range:a=1e${'9'.repeat(2000)}`, /is neither a number/],
    ['range:a=2026-01-01', /is neither a number, nor a time with a zone/],
    ['range:a=2026-01-01T00:00:00', /has no zone/],
    ['range:a=2026-02-30T00:00:00Z', /does not exist/],
    ['range:a=9999-12-31T00:00:00Z', /out of range/],
    ['range:a=2026-01-01T00:00:00.0000001Z', /between two microseconds/],
    ['range:a="x', /a quote is not closed/],
    ['range:a=1=2', "a bound with '=' must be in double quotes"],
    ['range:a=1,b=2', "'b=2' is not an option of range"],
    ['range:a=1,missing=m,2', "'2' is not an option of range"],
    [`range:a=${Array.from({ length: 256 }, (_, at) => at).join(',')}`, '256 bounds make 257 partitions'],
    ['sticky:s,idle=soon', "'soon' is not a duration"],
    ['sticky:s,idle=0s', 'this idle time is out of range'],
    [`sticky:s,idle=${'9'.repeat(400)}w`, 'is too long'],
    ['sticky:s,idle=1m,idle=2m', 'the option idle is given twice'],
  ])('%j in words of its own', (text, message) => {
    const refusal = refusalOf(() => parseRoutingSpec(text));
    expect(refusal.message).toMatch(message);
    expect(refusal.hint).not.toBe('');
    expect(refusal.message).not.toContain('\n');
    expect(refusal.message.length).toBeLessThan(250);
  });

  it('as a call, too', () => {
    expect(refusalOf(() => rangeOf('a', [])).message).toBe('a range needs a bound');
    expect(refusalOf(() => rangeOf('a', [Number.NaN])).message).toMatch(/NaN is neither a number/);
    expect(refusalOf(() => rangeOf('a', ['a', 1])).message).toBe('the bounds a and 1 are a string and a number');
    expect(refusalOf(() => withMissing(hashOf(), 'rest')).message).toMatch(/always has a key/);
    expect(refusalOf(() => withMissing(hashOf('a', { missing: 'rest' }), 'other')).message).toBe(
      "events without a key cannot go to both 'rest' and 'other'",
    );
    expect(refusalOf(() => compositeOf('a')).hint).toContain('hash:a');
  });
});
