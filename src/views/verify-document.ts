/** The document of a successful verification. */

import { formatHead, type VerifyReport } from '../index.ts';

export interface VerifyDocument {
  readonly isSound: true;
  readonly events: number;
  readonly commits: number;
  readonly head: string;
  /** Whether the ledger extends a head that was kept elsewhere. */
  readonly isAnchored: boolean;
}

export function verifyDocument({ events, commits, head, isAnchored }: VerifyReport): VerifyDocument {
  return { isSound: true, events, commits, head: formatHead(head), isAnchored };
}
