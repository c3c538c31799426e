/** `inspect --verify`: verifies the hash chain, and says what was proved. */

import { Completengine, LedgerError } from '../../index.ts';
import type { CheckpointProofDocument } from '../../views/checkpoint-document.ts';
import { type VerifyDocument, verifyDocument } from '../../views/verify-document.ts';
import type { CheckpointRequest } from '../checkpoint/trust.ts';
import { Progress } from '../emit/progress.ts';
import { plural } from '../terminal/format-numbers.ts';

export interface VerifyRequest {
  readonly expectHead: string | undefined;
  /** Null: no checkpoints are verified. */
  readonly trust: CheckpointRequest | null;
  readonly signal: AbortSignal;
  /** Shows no progress. */
  readonly isQuiet: boolean;
}

/** Null if the signal ended it. @throws LedgerError VERIFICATION_FAILED, HEAD_MISMATCH */
export async function verifyLedger(
  engine: Completengine,
  { expectHead, trust, signal, isQuiet }: VerifyRequest,
): Promise<VerifyDocument | null> {
  const progress = new Progress(null, isQuiet);
  try {
    const onProgress = ({ events }: { readonly events: number }) => progress.update({ inputBytes: 0, events });
    return verifyDocument(await engine.verify({ expectHead, ...trust, signal, onProgress }));
  } catch (error) {
    if (!signal.aborted) throw error;
    return null;
  } finally {
    progress.stop();
  }
}

/** A fork shows without the ledger: where it cannot be opened, what contradicts itself is said first. @throws LedgerError CHECKPOINT_REFUSED, CHECKPOINT_FORKED */
export async function checkWithoutLedger(trust: CheckpointRequest | null): Promise<void> {
  if (trust !== null) await Completengine.checkCheckpoints(trust);
}

export function verifyText({ from, isAnchored, events, commits, head, checkpoints }: VerifyDocument): string {
  const since = from === 1 ? '' : ` from sequence ${from} on, what is before it was not verified`;
  const anchor = checkpoints === null ? anchorText(isAnchored) : checkpointsText(checkpoints);
  return `OK: ${plural(events, 'event')} in ${plural(commits, 'commit')}${since}; head ${head}; ${anchor}`;
}

function anchorText(isAnchored: boolean): string {
  return isAnchored ? 'extends the expected head' : 'truncation not checked (use --expect-head or --checkpoint)';
}

function checkpointsText({ checkpoints, last, signers, dropped, tornBytes }: CheckpointProofDocument): string {
  const witnesses = signers.filter(({ kind }) => kind === 'witness').length;
  const parts = [`extends ${plural(checkpoints - dropped, 'signed checkpoint')}, the last one ${last}`];
  if (witnesses > 0) parts.push(`cosigned by ${witnesses} trusted ${witnesses === 1 ? 'witness' : 'witnesses'}`);
  if (dropped > 0) parts.push(`${plural(dropped, 'checkpoint')} of dropped history not compared`);
  if (tornBytes > 0) parts.push(`${plural(tornBytes, 'byte')} of a checkpoint that was not written to its end ignored`);
  return parts.join('; ');
}

/** With --verify a file that cannot be opened as a ledger has failed verification: exit 3, not 76. The hint of DAMAGED_LEDGER is `inspect --verify`, so it is replaced here. */
export function asVerificationFailure(error: unknown): unknown {
  if (!(error instanceof LedgerError) || error.cause === undefined) return error;
  if (error.code !== 'NOT_A_LEDGER' && error.code !== 'DAMAGED_LEDGER') return error;
  const hint =
    error.code === 'DAMAGED_LEDGER'
      ? 'restore an intact copy, or recover what is still readable: sqlite3 FILE .recover; if this is a copy of a ledger in use, make it with: completengine backup FILE -l ORIGINAL'
      : error.hint;
  return new LedgerError('VERIFICATION_FAILED', { message: error.message, hint, details: error.details, cause: error });
}
