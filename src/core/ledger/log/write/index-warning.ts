/** The warning about an index that cannot be kept. */

import type { LedgerWarning } from '../../../model/warning.ts';

/** `cause`: why; null if nothing is wrong. */
export function indexWarning(cause: unknown): LedgerWarning | null {
  if (cause === null) return null;
  return {
    code: 'INDEX_IN_MEMORY',
    message: `the index of unique ids and sessions is in memory, and each process reads the whole log: ${reasonOf(cause)}`,
    hint: 'set XDG_CACHE_HOME to a directory that this user can write',
  };
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}
