/** Proves by its digest that a telling was the same as another one. */

import { invalidArgument, LedgerError } from '../model/ledger-error.ts';
import { text as anyText } from '../model/options/option-kinds.ts';
import { readArgument } from '../model/options/options.ts';
import type { StreamReport } from './event-stream.ts';

const DIGEST = /^[0-9a-f]{64}$/;

/** A digest as reports print it. @throws LedgerError INVALID_ARGUMENT */
export function parseDigest(text: string): string {
  const digest = readArgument('parseDigest()', 'text', text, anyText).trim().toLowerCase();
  if (DIGEST.test(digest)) return digest;
  throw invalidArgument(
    `'${text.slice(0, 80)}' is not a digest`,
    'a digest is 64 hexadecimal digits, as replay and b3sum print them',
  );
}

/** @throws LedgerError DIGEST_MISMATCH when other bytes were told, or not all of them. */
export function proveDigest(report: StreamReport, expected: string): void {
  if (!report.isComplete) {
    throw new LedgerError('DIGEST_MISMATCH', {
      message: 'the replay ended early, and its digest proves nothing',
      hint: 'run it again to its end',
      details: { expected },
    });
  }
  if (report.digest === expected) return;
  throw new LedgerError('DIGEST_MISMATCH', {
    message: `the digest is ${report.digest}, and ${expected} was expected`,
    hint: 'compare the range, the filters and the ledger: completengine inspect --verify',
    details: { digest: report.digest, expected },
  });
}
