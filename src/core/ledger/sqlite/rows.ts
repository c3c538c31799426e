/** Reads columns out of rows without trusting the file: a damaged record can hold any type and any number. */

import { LedgerError } from '../../model/ledger-error.ts';

/** A row as SQLite gives it, before anything is believed of it. */
export type RawRow = Readonly<Record<string, unknown>>;

function damaged(column: string, what: string): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `the ledger is damaged: a ${column} is ${what}`,
    hint: 'see how far it is sound: completengine inspect --verify',
    details: { column },
  });
}

/** @throws LedgerError VERIFICATION_FAILED */
export function integer(row: RawRow, column: string): number {
  const value = row[column];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw damaged(column, 'no whole number that can be');
}

/** @throws LedgerError VERIFICATION_FAILED */
export function integerOrNull(row: RawRow, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

/** @throws LedgerError VERIFICATION_FAILED */
export function text(row: RawRow, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw damaged(column, 'no text');
}

/** @throws LedgerError VERIFICATION_FAILED */
export function textOrNull(row: RawRow, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** @throws LedgerError VERIFICATION_FAILED */
export function blob(row: RawRow, column: string): Buffer {
  const value = row[column];
  if (Buffer.isBuffer(value)) return value;
  throw damaged(column, 'no bytes');
}
