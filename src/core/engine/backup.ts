/** Joins ledger, scanner and labels to back up a ledger: the copy is verified as a whole ledger. */

import type { BackupProgress, BackupReport, Ledger } from '../ledger/ledger.ts';
import { formatHead } from '../model/events/head.ts';
import { labelsOf } from './labels.ts';
import { verifying } from './verify.ts';

export interface BackupCallOptions {
  /** Bytes copied, then events verified. */
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
  /** Ends it: it rejects with ABORTED, and there is no backup. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws LedgerError as `Ledger.backup` does; VERIFICATION_FAILED if the copy is not sound */
export function backingUp(
  ledger: Ledger,
  target: string,
  { signal, onProgress }: BackupCallOptions,
): Promise<BackupReport> {
  return ledger.backup(target, {
    signal,
    onProgress,
    check: (copy, head, ending) =>
      verifying(copy, labelsOf(copy), {
        expectHead: formatHead(head),
        isGentle: true,
        signal: ending,
        onProgress: ({ events }) => onProgress?.({ phase: 'verify', done: events, total: head.sequence }),
      }),
  });
}
