/** Joins ledger, scanner and labels to verify everything that a ledger holds. */

import type { Ledger, Verification, VerifyReport } from '../ledger/ledger.ts';
import { DEPTH_MAX } from '../model/config.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { type ExpectedHead, readHead } from '../model/events/head.ts';
import { FieldReader } from '../scan/field-reader.ts';

export interface VerifyOptions {
  /** `SEQUENCE:HASH` or what `head()` gave, a head kept elsewhere that the ledger must extend: without one truncation is not detected. */
  readonly expectHead?: ExpectedHead | undefined;
  /** Figures so far. */
  readonly onProgress?: ((progress: { readonly commits: number; readonly events: number }) => void) | undefined;
  /** Ends it: it rejects with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws LedgerError VERIFICATION_FAILED, HEAD_MISMATCH, INVALID_ARGUMENT */
export async function verifying(
  ledger: Ledger,
  labels: EventLabels,
  { expectHead, onProgress, signal, isGentle }: VerifyOptions & Pick<Verification, 'isGentle'>,
): Promise<VerifyReport> {
  const { unique } = ledger.identity.config;
  const ids = unique === null ? undefined : new FieldReader(unique, DEPTH_MAX);
  return ledger.verify({
    anchor: expectHead === undefined ? undefined : readHead(expectHead),
    idOf: ids && ((payload) => ids.uniqueId(payload)),
    keyOf: (batch, at) => labels.key(batch, at),
    isGentle,
    onProgress,
    signal,
  });
}
