/** Reads columns out of rows without trusting the file: a damaged record can hold any type and any number. */

import { CLIENT_NAME_MAX, isClientName } from '../../../model/client-name.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { isName } from '../../../model/routing/partition.ts';
import { isTime, type Micros } from '../../../model/time/time.ts';
import { IF_COPIED } from '../../protocol/broken-commit.ts';

/** A row as SQLite returns it, before its columns are checked. */
export type RawRow = Readonly<Record<string, unknown>>;

/** The error of a value that is never written. */
export function damaged(column: string, what: string): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `the ledger is damaged: a ${column} is ${what}`,
    hint: `find the first bad commit: completengine inspect --verify; ${IF_COPIED}`,
    details: { column },
  });
}

/** @throws LedgerError VERIFICATION_FAILED */
export function integer(row: RawRow, column: string): number {
  const value = row[column];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw damaged(column, 'no whole number that can be');
}

/** A count: at least 1, so that a loop over sums of counts advances. @throws LedgerError VERIFICATION_FAILED */
export function positive(row: RawRow, column: string): number {
  return atLeast(row, column, 1);
}

/** An offset or a position: at least 0. @throws LedgerError VERIFICATION_FAILED */
export function natural(row: RawRow, column: string): number {
  return atLeast(row, column, 0);
}

function atLeast(row: RawRow, column: string, least: number): number {
  const value = integer(row, column);
  if (value >= least) return value;
  throw damaged(column, `${value}, less than ${least}`);
}

/** Ledger time that can be formatted and compared. @throws LedgerError VERIFICATION_FAILED */
export function time(row: RawRow, column: string): Micros {
  const value = integer(row, column);
  if (isTime(value)) return value;
  throw damaged(column, 'no time that can be');
}

/** The name of a partition. @throws LedgerError VERIFICATION_FAILED */
export function name(row: RawRow, column: string): string {
  const value = text(row, column);
  if (isName(value)) return value;
  // the name itself may hold anything, so the message does not repeat it
  throw damaged(column, 'no name that can be: 1 to 64 of a-z 0-9 . _ - with a letter or digit first');
}

/** The name of a producer, group or member. @throws LedgerError VERIFICATION_FAILED */
export function clientName(row: RawRow, column: string): string {
  const value = text(row, column);
  if (isClientName(value)) return value;
  throw damaged(
    column,
    `no name that can be: 1 to ${CLIENT_NAME_MAX} of A-Z a-z 0-9 . _ - with a letter or digit first`,
  );
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

/** Names of files begin with it. @throws LedgerError VERIFICATION_FAILED */
export function uuid(row: RawRow): string {
  const value = text(row, 'uuid');
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return value;
  throw damaged('uuid', 'no uuid');
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
