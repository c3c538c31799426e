/** What to do with an input after the storage has failed: the ledger's own error cannot know that there is one. */

import { LedgerError, type LedgerErrorCode } from '../../model/ledger-error.ts';

const HINTS: Partial<Record<LedgerErrorCode, string>> = {
  DISK_FULL: 'free some space and emit again from the first event not committed',
  OUTCOME_UNKNOWN:
    'look at the disk, then emit the same input again; with --producer or a unique id nothing is stored twice',
};

/** The hint for an error of an emission: by its code, or its own. */
export function retryHint({ code, hint }: LedgerError): string | undefined {
  return HINTS[code] ?? hint;
}

/** The same error with that hint; anything else as it is. */
export function withRetryHint(error: unknown): unknown {
  if (!(error instanceof LedgerError) || retryHint(error) === error.hint) return error;
  return new LedgerError(error.code, {
    message: error.message,
    hint: retryHint(error),
    details: error.details,
    cause: error.cause,
  });
}
