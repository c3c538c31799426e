/**
 * The canonical text of a scalar, and the order of numbers: equal numbers have equal texts, others differ, and no digit
 * is lost.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDecimals, type Decimal as ReadDecimal, readDecimal } from '../../../src/core/model/text/decimal.ts';
import { decimalText } from '../../../src/core/model/text/scalar-text.ts';
import { routing } from '../../support/routed.ts';
import { quick } from '../../support/test-size.ts';

const route = routing('hash:k', ['p0', 'p1', 'p2']);
const keyOf = (number: string) => route(`{"k":${number}}`).key;

interface Decimal {
  readonly digits: bigint;
  /** The value is digits times ten to the power of this. */
  readonly exponent: number;
}

/** One number in some spelling of JSON: digits moved over the point, zeros added, the rest put into the exponent. */
function spell({ digits, exponent }: Decimal, shift: number, zeros: number, capital: boolean): string {
  const sign = digits < 0n ? '-' : '';
  // JSON has no 00
  const text = `${digits < 0n ? -digits : digits}${digits === 0n ? '' : '0'.repeat(zeros)}`.padStart(shift + 1, '0');
  const whole = text.slice(0, text.length - shift);
  const fraction = shift === 0 ? '' : `.${text.slice(text.length - shift)}`;
  const power = exponent - zeros + shift;
  return `${sign}${whole}${fraction}${power === 0 ? '' : `${capital ? 'E' : 'e'}${power > 0 && capital ? '+' : ''}${power}`}`;
}

/** By arithmetic on integers, with no text of a number in sight. */
function difference(one: Decimal, other: Decimal): bigint {
  const least = Math.min(one.exponent, other.exponent);
  return one.digits * 10n ** BigInt(one.exponent - least) - other.digits * 10n ** BigInt(other.exponent - least);
}

function areEqual(one: Decimal, other: Decimal): boolean {
  return difference(one, other) === 0n;
}

const decimal = fc.record({
  digits: fc.oneof(fc.bigInt(-30n, 30n), fc.bigInt(-(10n ** 25n), 10n ** 25n)),
  exponent: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -90, max: 90 })),
});
const spelling = fc.tuple(fc.nat(12), fc.nat(5), fc.boolean());

/** Two numbers that are often equal, or beside one another. */
const pair = decimal.chain((one) => {
  const moved = fc.nat(4).map((by) => ({ digits: one.digits * 10n ** BigInt(by), exponent: one.exponent - by }));
  const beside = fc.bigInt(-1n, 1n).map((by) => ({ digits: one.digits + by, exponent: one.exponent }));
  return fc.tuple(fc.constant(one), fc.oneof(decimal, moved, beside));
});

describe('the text of a number', () => {
  it.each([
    [['1', '1.0', '1e0', '10e-1', '1E+0', '0.1e1', '100e-2', '1.000'], '1'],
    [['0', '-0', '0.0', '-0.0', '0e5', '-0E-5', '0.000e999'], '0'],
    [['-1', '-1.0', '-10e-1'], '-1'],
    [['0.5', '5e-1', '0.50', '50E-2'], '0.5'],
    [['1200', '1.2e3', '12e2', '1200.0'], '1200'],
    [['12.5', '1.25e1', '125e-1'], '12.5'],
    [['0.00125', '1.25e-3'], '0.00125'],
  ])('is one for %j', (spellings, text) => {
    expect(spellings.map(keyOf)).toEqual(spellings.map(() => text));
  });

  it('keeps digits that a double would lose', () => {
    expect(keyOf('9007199254740993')).toBe('9007199254740993');
    expect(keyOf('9007199254740993.0')).toBe('9007199254740993');
    expect(keyOf('0.10000000000000000000000000000001')).toBe('0.10000000000000000000000000000001');
    expect(keyOf('123456789012345678901234567890e-10')).toBe('12345678901234567890.123456789');
  });

  it('stays short for exponents of any size', () => {
    expect(keyOf('1e999999999')).toBe('0.1e1000000000');
    expect(keyOf('-12.5e-999999999')).toBe('-0.125e-999999997');
    expect(keyOf(`1e${'9'.repeat(400)}`)).toBe(`0.1e1${'0'.repeat(400)}`);
    expect(keyOf('0e999999999')).toBe('0');
  });

  it('is equal for spellings of one number', () => {
    fc.assert(
      fc.property(decimal, spelling, spelling, (number, one, other) => {
        expect(decimalText(spell(number, ...one))).toBe(decimalText(spell(number, ...other)));
      }),
      { numRuns: quick(1500, 5000) },
    );
  });

  it('is equal just where exact arithmetic finds the numbers equal', () => {
    fc.assert(
      fc.property(pair, spelling, spelling, ([one, other], inOne, inOther) => {
        expect(decimalText(spell(one, ...inOne)) === decimalText(spell(other, ...inOther))).toBe(areEqual(one, other));
      }),
      { numRuns: quick(1500, 5000) },
    );
  });

  it('is the same number again, and in its one spelling already', () => {
    fc.assert(
      fc.property(decimal, spelling, (number, how) => {
        const text = decimalText(spell(number, ...how)) as string;
        expect(decimalText(text)).toBe(text);
        const [, sign, whole, fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text) ?? [];
        expect(
          areEqual({ digits: BigInt(`${sign}${whole}${fraction}`), exponent: Number(power) - fraction.length }, number),
        ).toBe(true);
      }),
      { numRuns: quick(1500, 5000) },
    );
  });

  it('is the same whether a number is written as an integer or with an exponent, within 64 digits', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 40n), 10n ** 40n), fc.nat(20), (digits, power) => {
        const whole = digits * 10n ** BigInt(power);
        expect(keyOf(`${whole}`)).toBe(keyOf(`${digits}e${power}`));
      }),
    );
  });

  it.each([64, 65, 66, 70, 100])(
    'is the same for an integer of %i digits and its spelling with an exponent',
    (length) => {
      const integer = `1${'0'.repeat(length - 1)}`;
      expect(keyOf(integer)).toBe(keyOf(`1e${length - 1}`));
      expect(keyOf(integer)).toBe(keyOf(`${integer}.0`));
    },
  );

  it('is computed quickly for a number with very many digits', { timeout: 10_000 }, () => {
    // a search for trailing zeros must not restart at each zero: at this length that takes half a minute, at the line
    // limit ten
    const zeros = '0'.repeat(200_000);
    expect(keyOf(`1.${zeros}1`)).toBe(`1.${zeros}1`);
  });
});

describe('the order of numbers', () => {
  const read = (text: string) => readDecimal(text) as ReadDecimal;
  const order = (one: string, other: string) => Math.sign(compareDecimals(read(one), read(other)));

  it.each([
    ['0.1', '0.1000000000000000000000000000001', -1],
    ['100000000000000000000000000001', '100000000000000000000000000000', 1],
    ['9007199254740993', '9007199254740992', 1],
    ['1e400', '1e401', -1],
    ['-1e400', '1e-400', -1],
    ['-2', '-10', 1],
    ['0', '-0.0', 0],
    ['-0.5', '0', -1],
    ['12', '1.2e1', 0],
  ])('of %s and %s is exact', (one, other, expected) => {
    expect(order(one, other)).toBe(expected);
    expect(order(other, one)).toBe(expected === 0 ? 0 : -expected);
  });

  it('is that of exact arithmetic, whatever the spelling', () => {
    fc.assert(
      fc.property(pair, spelling, spelling, ([one, other], inOne, inOther) => {
        const exact = difference(one, other);
        expect(order(spell(one, ...inOne), spell(other, ...inOther))).toBe(Number(exact > 0n) - Number(exact < 0n));
      }),
      { numRuns: quick(1500, 5000) },
    );
  });
});
