/** Hints for an input after a storage failure: the ledger's own error does not know of the input. */

import { LedgerError, type LedgerErrorCode } from '../../model/ledger-error.ts';

const HINTS: Partial<Record<LedgerErrorCode, string>> = {
  DISK_FULL: 'free some space and emit again from the first event not committed, or with `producer` all of the input',
  OUTCOME_UNKNOWN:
    'check the disk, then emit the same input again; with `producer` or a unique id nothing is stored twice',
};

/** The hint for an error of an emission: by its code, otherwise the error's own. */
export function retryHint({ code, hint }: LedgerError): string | undefined {
  return HINTS[code] ?? hint;
}

/** The same error with that hint; other values unchanged. */
export function withRetryHint(error: unknown): unknown {
  if (!(error instanceof LedgerError) || retryHint(error) === error.hint) return error;
  return new LedgerError(error.code, {
    message: error.message,
    hint: retryHint(error),
    details: error.details,
    cause: error.cause,
  });
}
