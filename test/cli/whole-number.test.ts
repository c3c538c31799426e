import { expect, it } from 'vitest';
import { readScaledNumber, readWholeNumber } from '../../src/cli/app/whole-number.ts';
import { LedgerError } from '../../src/index.ts';

const RULE = { noun: 'a number of events', least: 1, hint: 'use 100' };

it.each([
  ['200000', 200_000],
  ['200_000', 200_000],
  ['1e6', 1_000_000],
  ['1.5e3', 1500],
  ['1M', 1_000_000],
  ['1.1m', 1_100_000],
  ['200k', 200_000],
  ['2G', 2_000_000_000],
])('reads %s as %d where numbers are scaled', (text, expected) => {
  expect(readScaledNumber(text, RULE)).toBe(expected);
});

it.each(['', '0', '-1', '1.5', '1e-3', 'many', '1 000', '0x10', '1e99', 'Infinity', '1kk', '_1', 'x'.repeat(99)])(
  "refuses '%s'",
  (text) => {
    for (const read of [readScaledNumber, readWholeNumber]) {
      const act = () => read(text, RULE);
      expect(act).toThrow(LedgerError);
      expect(act).toThrow(
        expect.objectContaining({ message: `'${text.slice(0, 40)}' is not a number of events`, hint: 'use 100' }),
      );
    }
  },
);

it.each(['200_000', '1e6', '200k', '9007199254740993', '+1', ' 1'])(
  "refuses '%s' where only digits are allowed",
  (text) => {
    expect(() => readWholeNumber(text, RULE)).toThrow(`'${text}' is not a number of events`);
  },
);

it('reads digits from the minimum up to the largest safe integer', () => {
  expect(readWholeNumber('9007199254740991', RULE)).toBe(Number.MAX_SAFE_INTEGER);
  expect(readWholeNumber('1', RULE)).toBe(1);
  expect(readWholeNumber('0', { ...RULE, least: undefined })).toBe(0);
});
