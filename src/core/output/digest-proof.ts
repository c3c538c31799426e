/** Proves by digest that two streams of events were equal. */

import { invalidArgument, LedgerError } from '../model/ledger-error.ts';
import { text as anyText } from '../model/options/option-kinds.ts';
import { readArgument } from '../model/options/options.ts';
import type { StreamReport } from './event-stream.ts';

const DIGEST = /^[0-9a-f]{64}$/;

/** Parses a digest as reports print it. @throws LedgerError INVALID_ARGUMENT */
export function parseDigest(text: string): string {
  const digest = readArgument('parseDigest()', 'text', text, anyText).trim().toLowerCase();
  if (DIGEST.test(digest)) return digest;
  throw invalidArgument(
    `'${text.slice(0, 80)}' is not a digest`,
    'a digest is 64 hexadecimal digits, as replay and b3sum print them',
  );
}

/** @throws LedgerError DIGEST_MISMATCH if other bytes were delivered, or only some of them */
export function proveDigest(report: StreamReport, expected: string): void {
  if (!report.isComplete) {
    throw new LedgerError('DIGEST_MISMATCH', {
      message: 'the replay ended early, so its digest proves nothing',
      hint: 'run it again to the end',
      details: { expected },
    });
  }
  if (report.digest === expected) return;
  throw new LedgerError('DIGEST_MISMATCH', {
    message: `digest ${report.digest}, expected ${expected}`,
    hint: 'compare the range, the filters and the ledger: completengine inspect --verify',
    details: { digest: report.digest, expected },
  });
}
