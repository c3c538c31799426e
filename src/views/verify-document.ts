/** Documents of a verification: a successful one, and the outcome of one that a report has made. */

import { formatHead, type LedgerProof, type VerifyReport } from '../index.ts';
import { type CheckpointProofDocument, checkpointProofDocument } from './checkpoint-document.ts';

export interface VerifyDocument {
  readonly isSound: true;
  /** The first sequence that was verified: 1 unless archived history is not at hand. */
  readonly from: number;
  readonly events: number;
  readonly commits: number;
  readonly head: string;
  /** Whether the ledger extends a head that was kept elsewhere, or a checkpoint. */
  readonly isAnchored: boolean;
  /** What the checkpoints prove that it extends; null if there were none. */
  readonly checkpoints: CheckpointProofDocument | null;
}

export function verifyDocument({ from, events, commits, head, isAnchored, checkpoints }: LedgerProof): VerifyDocument {
  return {
    isSound: true,
    from,
    events,
    commits,
    head: formatHead(head),
    isAnchored,
    checkpoints: checkpoints && checkpointProofDocument(checkpoints),
  };
}

/** `broken`: `reason` says where. `unverified`: nobody asked, and the ledger is too large to verify by the way. */
export type Verification =
  | { readonly state: 'sound'; readonly from: number; readonly events: number; readonly isAnchored: boolean }
  | { readonly state: 'broken'; readonly reason: string }
  | { readonly state: 'unverified' };

export function verificationOf({ from, events, isAnchored }: VerifyReport): Verification {
  return { state: 'sound', from, events, isAnchored };
}
