/** Joins ledger, scanner and labels to verify everything that a ledger holds. */

import type { CheckpointSource } from '../checkpoint/read-checkpoints.ts';
import type { Ledger, Verification, VerifyReport } from '../ledger/ledger.ts';
import { DEPTH_MAX } from '../model/config.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { type Anchor, type ExpectedHead, readHead } from '../model/events/head.ts';
import { inOption } from '../model/ledger-error.ts';
import { FieldReader } from '../scan/field-reader.ts';
import type { CheckpointProof, CheckpointTrust } from './checkpoint-types.ts';

/** `publicKeys` and `witnesses`: with `checkpoints` alone. */
export interface VerifyOptions extends Partial<Omit<CheckpointTrust, 'checkpoints'>> {
  /** `SEQUENCE:HASH` or what `head()` gave, a head kept elsewhere that the ledger must extend: without one truncation is not detected. */
  readonly expectHead?: ExpectedHead | undefined;
  /** Files of signed checkpoints: the ledger must extend each, and each must be signed by a trusted key. */
  readonly checkpoints?: readonly CheckpointSource[] | undefined;
  /** Figures so far. */
  readonly onProgress?: ((progress: { readonly commits: number; readonly events: number }) => void) | undefined;
  /** Ends it: it rejects with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

/** What was verified. */
export interface LedgerProof extends VerifyReport {
  /** Null if no checkpoints were given. */
  readonly checkpoints: CheckpointProof | null;
}

/** `heads`: of the checkpoints, in the order of the chain. */
interface WalkOptions extends VerifyOptions, Pick<Verification, 'isGentle'> {
  readonly heads?: readonly Anchor[] | undefined;
}

/** @throws LedgerError VERIFICATION_FAILED, HEAD_MISMATCH, INVALID_ARGUMENT */
export async function verifying(
  ledger: Ledger,
  labels: EventLabels,
  { expectHead, heads, onProgress, signal, isGentle }: WalkOptions,
): Promise<LedgerProof> {
  const { unique } = ledger.identity.config;
  const ids = unique === null ? undefined : new FieldReader(unique, DEPTH_MAX);
  const report = await ledger.verify({
    anchor: expectHead === undefined ? undefined : inOption('expectHead', () => readHead(expectHead)),
    checkpoints: heads,
    idOf: ids && ((payload) => ids.uniqueId(payload)),
    keyOf: (batch, at) => labels.key(batch, at),
    isGentle,
    onProgress,
    signal,
  });
  return { ...report, checkpoints: null };
}
