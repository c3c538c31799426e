/** Documents of a verification: a successful one, and the outcome of one that a report has made. */

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

/** `broken`: `reason` says where. `unverified`: nobody asked, and the ledger is too large to verify by the way. */
export type Verification =
  | { readonly state: 'sound'; readonly from: number; readonly events: number; readonly isAnchored: boolean }
  | { readonly state: 'broken'; readonly reason: string }
  | { readonly state: 'unverified' };

export function verificationOf({ from, events, isAnchored }: VerifyReport): Verification {
  return { state: 'sound', from, events, isAnchored };
}
