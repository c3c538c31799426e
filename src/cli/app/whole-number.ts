/** Parses whole numbers as people write them; a wrong one is refused the same way everywhere. */

import { LedgerError } from '../../index.ts';

export interface NumberRule {
  /** Noun of the error message: `a number of events` in "'x' is not a number of events". */
  readonly noun: string;
  /** Hint of the error: a valid notation. */
  readonly hint: string;
  /** Default 0. */
  readonly least?: number | undefined;
}

const DIGITS = /^\d+$/;
const BYTES = /^(\d[\d_]*(?:\.\d+)?(?:e\d{1,2})?) ?([kmgt]?)(i?)b?$/i;
const BYTES_HINT = 'use 64kB, 30MB, 16MiB or a number of bytes';
const SCALED = /^(\d[\d_]*(?:\.\d+)?(?:e\d{1,2})?)([kmg]?)$/i;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const BINARY_FACTORS: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Accepts only digits. @throws LedgerError INVALID_ARGUMENT */
export function readWholeNumber(text: string, rule: NumberRule): number {
  return checked(DIGITS.test(text) ? Number(text) : Number.NaN, text, rule);
}

/** Accepts also `200_000`, `2e5`, `200k`, `1.5M`. @throws LedgerError INVALID_ARGUMENT */
export function readScaledNumber(text: string, rule: NumberRule): number {
  const [, digits, unit = ''] = SCALED.exec(text) ?? [];
  if (digits === undefined) return checked(Number.NaN, text, rule);
  // without rounding 1.1M is 1100000.0000000001
  return checked(
    Number((Number(digits.replaceAll('_', '')) * (FACTORS[unit.toLowerCase()] ?? 1)).toPrecision(15)),
    text,
    rule,
  );
}

/** A number of things, at least one: `100`, `200_000`, `200k`, `1.5M`, `2e5`. @throws LedgerError INVALID_ARGUMENT */
export function readCount(text: string): number {
  return readScaledNumber(text, {
    noun: 'a whole number from 1',
    least: 1,
    hint: 'use 100, 200_000, 200k, 1.5M or 2e5',
  });
}

/** A size of at least one byte, or of `least`: `30MB`, `16MiB`, `64k`, `1048576`. k, M, G and T are powers of 1000, and with an i of 1024. @throws LedgerError INVALID_ARGUMENT */
export function readByteSize(text: string, least = 1): number {
  const [, digits = '', unit = '', binary = ''] = BYTES.exec(text) ?? [];
  const factors = binary === '' ? FACTORS : BINARY_FACTORS;
  const size =
    digits === '' ? Number.NaN : Number(digits.replaceAll('_', '')) * (factors[unit.toLowerCase()] ?? Number.NaN);
  // without rounding 1.1MB is 1100000.0000000002
  return checked(Number(size.toPrecision(15)), text, { noun: 'a size in bytes', hint: BYTES_HINT, least });
}

function checked(number: number, text: string, { noun, hint, least = 0 }: NumberRule): number {
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new LedgerError('INVALID_ARGUMENT', { message: `'${text.slice(0, 40)}' is not ${noun}`, hint });
}
