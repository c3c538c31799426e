/** The document of a successful verification. */

import { formatHead, type VerifyReport } from '../index.ts';

export interface VerifyDocument {
  readonly isSound: true;
  /** The first sequence that was verified: 1 unless archived history is not at hand. */
  readonly from: number;
  readonly events: number;
  readonly commits: number;
  readonly head: string;
  /** Whether the ledger extends a head that was kept elsewhere. */
  readonly isAnchored: boolean;
}

export function verifyDocument({ from, events, commits, head, isAnchored }: VerifyReport): VerifyDocument {
  return { isSound: true, from, events, commits, head: formatHead(head), isAnchored };
}
