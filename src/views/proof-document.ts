/** The document of `proof`: the event that was proven, and who vouches for it. */

import { formatHead, formatTime, type ProofVerification } from '../index.ts';

export interface ProofDocument {
  /** Of the ledger. */
  readonly uuid: string;
  readonly sequence: number;
  /** Id of the partition. */
  readonly partition: number;
  readonly offset: number;
  readonly time: string;
  /** Key that was given with the event; null: the routing took it from the payload. */
  readonly givenKey: string | null;
  /** Every byte, as text. */
  readonly payload: string;
  /** From the commit of the event to the checkpoint. */
  readonly links: number;
  /** `SEQUENCE:HASH`, signed. */
  readonly checkpoint: string;
  /** When it was signed, by the clock of the signer. */
  readonly signedAt: string;
  readonly signers: readonly {
    readonly kind: 'log' | 'witness';
    readonly name: string;
    /** `NAME+ID+KEY`. */
    readonly verifierKey: string;
  }[];
}

export function proofDocument({ uuid, event, links, checkpoint, signedAt, signers }: ProofVerification): ProofDocument {
  const { sequence, partition, offset, time, givenKey, payload } = event;
  return {
    uuid,
    sequence,
    partition,
    offset,
    time: formatTime(time),
    givenKey,
    payload: payload.toString('utf8'),
    links,
    checkpoint: formatHead(checkpoint),
    signedAt: formatTime(signedAt),
    signers: signers.map(({ kind, name, verifierKey }) => ({ kind, name, verifierKey })),
  };
}
