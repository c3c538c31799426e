/** Errors on their way between threads, which clones would rob of their class. */

import { LedgerError, type LedgerErrorCode } from '../../model/ledger-error.ts';

export interface ThreadFailure {
  readonly code: LedgerErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export function toFailure(error: unknown): ThreadFailure {
  if (error instanceof LedgerError) return { code: error.code, message: error.message, hint: error.hint, details: error.details };
  return { code: 'INTERNAL', message: `a thread of the ledger failed: ${(error as Error).stack ?? String(error)}`, hint: 'please report this', details: {} };
}

export function fromFailure({ code, ...options }: ThreadFailure): LedgerError {
  return new LedgerError(code, options);
}
