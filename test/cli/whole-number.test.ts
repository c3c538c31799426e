import { expect, it } from 'vitest';
import { readByteSize, readScaledNumber, readWholeNumber } from '../../src/cli/app/whole-number.ts';
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

it.each([
  ['1', 1],
  ['1048576', 1_048_576],
  ['1_048_576', 1_048_576],
  ['64k', 64_000],
  ['64kB', 64_000],
  ['64 KB', 64_000],
  ['30MB', 30_000_000],
  ['1.1MB', 1_100_000],
  ['16MiB', 16 * 2 ** 20],
  ['16mib', 16 * 2 ** 20],
  ['1.5Ki', 1536],
  ['2e3', 2000],
  ['1GiB', 2 ** 30],
  ['7B', 7],
])('reads %s as %d bytes', (text, expected) => {
  expect(readByteSize(text)).toBe(expected);
});

it.each(['', '0', '-1', '1.5', '1.3KiB', 'iB', 'MB', '1 M B', '1ib', '1PB', '1e99', '99999999TB', '1MBps', ' 1'])(
  "refuses '%s' as a size",
  (text) => {
    expect(() => readByteSize(text)).toThrow(`'${text}' is not a size in bytes`);
  },
);
