/** Documents of checkpoints: one that was signed, and what those of a verification prove. */

import { type CheckpointProof, type Cosigned, formatHead, type SignedCheckpoint } from '../index.ts';

export interface CheckpointDocument {
  /** `SEQUENCE:HASH`, what was signed. */
  readonly head: string;
  /** Of the key. */
  readonly name: string;
  /** `NAME+ID+KEY` of the public key, with which others verify it. */
  readonly verifierKey: string;
  /** The signed note. */
  readonly note: string;
}

export function checkpointDocument({ head, name, verifierKey, note }: SignedCheckpoint): CheckpointDocument {
  return { head: formatHead(head), name, verifierKey, note };
}

export interface CosignatureDocument {
  /** `SEQUENCE:HASH`, what was cosigned. */
  readonly head: string;
  /** Of the key. */
  readonly name: string;
  /** `NAME+ID+KEY` of the public key of the witness. */
  readonly verifierKey: string;
  /** How many checkpoints are new since the last cosignature; 0: that one is given again. */
  readonly checkpoints: number;
  /** Whether the state had none before. */
  readonly isFirst: boolean;
  /** The signed notes, of which the last one has the cosignature. */
  readonly notes: string;
}

export function cosignatureDocument({
  head,
  name,
  verifierKey,
  checkpoints,
  isFirst,
  notes,
}: Cosigned): CosignatureDocument {
  return { head: formatHead(head), name, verifierKey, checkpoints, isFirst, notes };
}

/** Checkpoints that a ledger extends. */
export interface CheckpointProofDocument {
  readonly checkpoints: number;
  /** `SEQUENCE:HASH` of the first and of the last one. */
  readonly first: string;
  readonly last: string;
  /** The trusted keys that have signed them. */
  readonly signers: readonly {
    readonly kind: 'log' | 'witness';
    readonly name: string;
    readonly verifierKey: string;
    /** How many it has signed. */
    readonly checkpoints: number;
    /** Sequence of the last of them. */
    readonly through: number;
  }[];
  /** How many lie in dropped history: only those behind them vouch for it. */
  readonly dropped: number;
  /** Bytes at the ends of files, of checkpoints that a crash has cut off; they do not count. */
  readonly tornBytes: number;
}

export function checkpointProofDocument(proof: CheckpointProof): CheckpointProofDocument {
  const { checkpoints, first, last, signers, dropped, tornBytes } = proof;
  return { checkpoints, first: formatHead(first), last: formatHead(last), signers, dropped, tornBytes };
}
