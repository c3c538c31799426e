/** Types of the calls about checkpoints. */

import type { CheckpointSource } from '../checkpoint/read-checkpoints.ts';
import type { CheckpointSigner, TrustReport } from '../checkpoint/trust.ts';
import type { ProvenEvent } from '../ledger/protocol/proof.ts';
import type { Anchor, Head } from '../model/events/head.ts';

/** A key as its text, or with the name that errors call it by. */
export type KeyText = string | { readonly name: string; readonly text: string };

export interface CheckpointOptions {
  /** Private Ed25519 key that signs: PKCS#8 PEM, or of OpenSSH, without a passphrase. It is never stored or reported. */
  readonly key: KeyText;
  /** What the key is called in the signature; default: `completengine/UUID`, the origin of the checkpoint. */
  readonly name?: string | undefined;
  /** The last checkpoint of the file that this one is for: it is named in the new one, so that its removal shows. */
  readonly previous?: string | undefined;
  /** Public key that signs from here on, in place of `key`. */
  readonly nextKey?: KeyText | undefined;
}

export interface SignedCheckpoint {
  /** The signed note, to be kept elsewhere. */
  readonly note: string;
  /** What was signed. */
  readonly head: Head;
  /** Of the key. */
  readonly name: string;
  /** `NAME+ID+KEY` of the public key, with which others verify it. */
  readonly verifierKey: string;
}

/** Checkpoints, and who is trusted to have signed them. */
export interface CheckpointTrust {
  /** Files of checkpoints. */
  readonly checkpoints: readonly CheckpointSource[];
  /** Public keys of logs and witnesses: PEM, of OpenSSH, or `NAME+ID+KEY`; a text may have several, one a line. */
  readonly publicKeys: readonly KeyText[];
  /** How many trusted witnesses must have cosigned each checkpoint, or one after it; default 0. */
  readonly witnesses?: number | undefined;
}

export interface CosignOptions extends CheckpointTrust {
  /** Private Ed25519 key of the witness, as `key` of a checkpoint. */
  readonly key: KeyText;
  /** What the key is called in the cosignature; default: `witness`. */
  readonly name?: string | undefined;
  /** `last` of the call before, which the witness keeps; without it this is the first one. */
  readonly last?: string | undefined;
  /** Figures so far. */
  readonly onProgress?: ((progress: { readonly commits: number; readonly events: number }) => void) | undefined;
  /** Ends it: it rejects with ABORTED, and nothing is cosigned. */
  readonly signal?: AbortSignal | undefined;
}

export interface Cosigned {
  /** The checkpoints after the one that was cosigned last, in order; the last of them has the cosignature. */
  readonly notes: string;
  /** The cosigned one: to be kept, durably, before `notes` is given to anybody. */
  readonly last: string;
  /** What was cosigned. */
  readonly head: Anchor;
  /** How many checkpoints `notes` has that are new; 0 if there was none: then it has the last one again. */
  readonly checkpoints: number;
  /** Of the key. */
  readonly name: string;
  /** `NAME+ID+KEY` of the public key of the witness. */
  readonly verifierKey: string;
  /** Whether nothing was cosigned before. */
  readonly isFirst: boolean;
}

/** Of a proof of one event: `checkpoints`, or a `key` that signs one now. */
export interface ProofOptions extends Partial<Pick<CheckpointOptions, 'key' | 'name'>> {
  /** Files of checkpoints: the proof leads to the first one at the event or after it. */
  readonly checkpoints?: readonly CheckpointSource[] | undefined;
  /** Ends it: it rejects with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

export interface ProofReport {
  /** The proof, JSON. */
  readonly text: string;
  /** Of the text. */
  readonly bytes: number;
  /** From the commit of the event to the checkpoint. */
  readonly links: number;
  /** `SEQUENCE:HASH` of the checkpoint. */
  readonly checkpoint: string;
}

export type VerifyProofOptions = Omit<CheckpointTrust, 'checkpoints'>;

/** What a proof proves. */
export interface ProofVerification {
  /** Of the ledger. */
  readonly uuid: string;
  readonly event: ProvenEvent;
  readonly links: number;
  /** The signed head. */
  readonly checkpoint: Anchor;
  /** When it was signed, by the clock of the signer, in microseconds since the epoch. */
  readonly signedAt: number;
  readonly signers: readonly CheckpointSigner[];
}

export interface CheckpointProof extends TrustReport {
  /** Checkpoints that lie in dropped history: only those behind them vouch for it. */
  readonly dropped: number;
  /** Bytes at the ends of files, of checkpoints that a crash has cut off; they do not count. */
  readonly tornBytes: number;
}
