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
const SCALED = /^(\d[\d_]*(?:\.\d+)?(?:e\d{1,2})?)([kmg]?)$/i;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

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

function checked(number: number, text: string, { noun, hint, least = 0 }: NumberRule): number {
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new LedgerError('INVALID_ARGUMENT', { message: `'${text.slice(0, 40)}' is not ${noun}`, hint });
}
