/** Documents of `emit`: the result, and the lines of receipts and of rejects. */

import { type EmissionReport, formatHead, type LedgerWarning, type RejectedLine } from '../index.ts';

export interface EmissionDocument extends Omit<EmissionReport, 'head'> {
  /** `SEQUENCE:HASH` after the last commit, as `--expect-head` takes it; null if nothing was committed. */
  readonly head: string | null;
  readonly warnings: readonly LedgerWarning[];
}

/** A line of `emit --receipts`: where an event came from, and where it is. */
export interface ReceiptDocument {
  /** Name of the input. */
  readonly source: string;
  /** Number of its line, 1-based, blank lines counted. */
  readonly line: number;
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
  /** Ledger time. */
  readonly time: string;
}

/** A line of the file of `emit --rejects`, with the bad line as `text` or as `base64`. */
export interface RejectDocument extends Omit<RejectedLine, 'text'> {
  /** If it is valid UTF-8. */
  readonly text?: string;
  /** If it is not. */
  readonly base64?: string;
}

export function emissionDocument(report: EmissionReport, warnings: readonly LedgerWarning[]): EmissionDocument {
  return { ...report, head: report.head === null ? null : formatHead(report.head), warnings };
}
