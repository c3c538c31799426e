/** Ranges: the partition of a number, a text or a time, exact at the bounds, and values that cannot be compared. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf, formatBounds } from '../../../src/core/model/routing/range-bounds.ts';
import { compareDecimals, type Decimal, readDecimal } from '../../../src/core/model/text/decimal.ts';
import { routing } from '../../support/routed.ts';
import { quick } from '../../support/test-size.ts';

const names = (count: number) => Array.from({ length: count }, (_, id) => `p${id}`);
const ranged = (bounds: readonly string[]) => routing(`range:k=${bounds.join(',')}`, names(bounds.length + 1));

describe('a range of numbers', () => {
  it.each([
    ['99.999999999999999999999', 0],
    ['1e2', 1],
    ['100', 1],
    ['100.0', 1],
    ['100.00000000000000000000001', 1],
    ['999', 1],
    ['1000', 2],
    ['1E+3', 2],
    ['1e999999999', 2],
    ['-0', 0],
    ['-1e999999999', 0],
    ['0.1e-999999999', 0],
  ])('puts %s where it belongs', (key, partition) => {
    expect(ranged(['100', '1000'])(`{"k":${key}}`).to).toBe(partition);
  });

  it('compares digits that a double would lose, on both sides', () => {
    const route = ranged(['0.1000000000000000000000000000001', '9007199254740993', '100000000000000000000000000001']);
    const to = (key: string) => route(`{"k":${key}}`).to;
    expect(
      [
        '0.1',
        '0.1000000000000000000000000000000999',
        '0.1000000000000000000000000000001',
        '0.10000000000000000000000000000011',
      ].map(to),
    ).toEqual([0, 0, 1, 1]);
    expect(['9007199254740992', '9007199254740992.9', '9007199254740993', '9007199254740994'].map(to)).toEqual([
      1, 1, 2, 2,
    ]);
    expect(['100000000000000000000000000000', '100000000000000000000000000001', '1e29'].map(to)).toEqual([2, 3, 2]);
  });

  it('distinguishes bounds that share a double', () => {
    const route = ranged(['1', '1.00000000000000000001', '1.00000000000000000002', '2']);
    const to = (key: string) => route(`{"k":${key}}`).to;
    expect(
      ['0.9', '1', '1.00000000000000000001', '1.000000000000000000015', '1.00000000000000000002', '1.1', '2'].map(to),
    ).toEqual([0, 1, 2, 2, 3, 3, 4]);
  });

  it('counts the bounds at or below the key, as exact arithmetic does', () => {
    const near = fc.oneof(
      fc.integer({ min: -40, max: 40 }).map((tenths) => String(tenths / 10)),
      fc
        .tuple(
          fc.integer({ min: -20, max: 20 }),
          fc.constantFrom('', '.0', '.5', '.50', '.49999999999999999', '.500000000000000000001', 'e1', 'e-1'),
        )
        .map(([n, rest]) => `${n}${rest}`),
      fc
        .tuple(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.integer({ min: -30, max: 30 }))
        .map(([digits, exponent]) => `${digits}e${exponent}`),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    );
    const exact = (number: string) => readDecimal(number) as Decimal;
    const bounds = fc.uniqueArray(near, {
      minLength: 1,
      maxLength: 30,
      comparator: (one, other) => compareDecimals(exact(one), exact(other)) === 0,
    });
    fc.assert(
      fc.property(bounds, fc.array(near, { maxLength: 20 }), (unsorted, keys) => {
        const sorted = unsorted.toSorted((one, other) => compareDecimals(exact(one), exact(other)));
        const route = ranged(sorted);
        for (const key of [...keys, ...sorted]) {
          const below = sorted.filter((bound) => compareDecimals(exact(bound), exact(key)) <= 0).length;
          expect([key, route(`{"k":${key}}`).to]).toEqual([key, below]);
        }
      }),
      { numRuns: quick(400, 1000) },
    );
  });

  it.each(['"100"', '""', 'true', 'false'])('cannot compare %s', (key) => {
    expect(ranged(['100'])(`{"k":${key}}`).to).toBe('key-not-comparable');
  });

  it('says which lines have no key', () => {
    const route = ranged(['100']);
    expect(route('{"j":1}').to).toBe('key-missing');
    for (const key of ['null', '{}', '[1]', `1e${'9'.repeat(2000)}`])
      expect(route(`{"k":${key}}`).to).toBe('key-not-scalar');
  });

  it('returns the key in its canonical spelling', () => {
    expect(ranged(['100'])('{"k":1.50e2}')).toEqual({ to: 1, key: '150' });
  });
});

describe('a range of texts', () => {
  it('follows the bytes, not what JavaScript makes of them', () => {
    // U+FF5E comes before U+1F41F, whose first UTF-16 unit is 0xD83D
    const route = ranged(['a', '"\uff5e"', '"\ud83d\udc1f"']);
    const to = (key: string) => route(`{"k":${key}}`).to;
    expect(
      [
        '""',
        '"Z"',
        '"a"',
        '"a\\u0000"',
        '"\uff5d"',
        '"\uff5e"',
        '"\uff5ez"',
        '"\ud83d\udc1f"',
        '"\\ud83d\\udc1f"',
        '"\ud83d\udc20"',
      ].map(to),
    ).toEqual([0, 0, 1, 1, 1, 2, 2, 3, 3, 3]);
  });

  it('counts the bounds at or below the key', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', '\uff5e', '\ud83d\udc1f', '"', ',') }),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    );
    const order = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));
    fc.assert(
      fc.property(fc.uniqueArray(text, { minLength: 1, maxLength: 20 }), fc.array(text), (unsorted, keys) => {
        const sorted = unsorted.toSorted(order);
        const route = ranged(formatBounds(boundsOf(sorted.map((bound) => bound))));
        for (const key of [...keys, ...sorted]) {
          expect(route(JSON.stringify({ k: key })).to).toBe(sorted.filter((bound) => order(bound, key) <= 0).length);
        }
      }),
    );
  });

  it.each(['1', 'true', '1.5'])('cannot compare %s', (key) => {
    expect(ranged(['a'])(`{"k":${key}}`).to).toBe('key-not-comparable');
  });
});

describe('a range of times', () => {
  const route = ranged(['2026-01-01T00:00:00Z', '2026-07-01T00:00:00+02:00']);
  const to = (key: string) => route(JSON.stringify({ k: key })).to;

  it('compares instants, whatever their zone and their spelling', () => {
    expect(to('2025-12-31T23:59:59.9999999Z')).toBe(0);
    expect(to('2026-01-01T00:00:00Z')).toBe(1);
    expect(to('2026-01-01T01:00:00.0+01:00')).toBe(1);
    expect(to('2026-01-01T00:00:00+01:00')).toBe(0);
    expect(to('2026-06-30T21:59:59.999999Z')).toBe(1);
    expect(to('2026-06-30T22:00:00Z')).toBe(2);
    expect(route('{"k":"2026-06-30T22:00:00\\u005a"}').to).toBe(2);
  });

  it('knows on which side times lie that no ledger keeps', () => {
    expect(['0000-01-01T00:00:00Z', '0999-01-01T00:00:00Z', '1799-01-01T00:00:00Z'].map(to)).toEqual([0, 0, 0]);
    expect(['2200-01-01T00:00:00Z', '9999-12-31T23:59:59Z'].map(to)).toEqual([2, 2]);
  });

  it.each(['2026-01-01', '2026-01-01T00:00:00', '2026-02-30T00:00:00Z', 'soon', ''])('cannot compare %j', (key) => {
    expect(to(key)).toBe('key-not-comparable');
  });

  it('cannot compare a number', () => {
    expect(route('{"k":1767225600}').to).toBe('key-not-comparable');
  });
});
