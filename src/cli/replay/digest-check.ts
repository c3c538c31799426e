/** Checks the digest of a replay against a given one, or against the one that a first run stored in a file. */

import { LedgerError, parseDigest, proveDigest, type StreamReport } from '../../index.ts';
import { readSmallFile, writeAtomically } from '../state/atomic-file.ts';

export class DigestCheck {
  readonly #expected: string | undefined;
  readonly #path: string | undefined;
  readonly #kept: string | null;

  /** To be created before the ledger is opened. @throws LedgerError INVALID_ARGUMENT, INPUT_UNREADABLE */
  constructor(expected: string | undefined, path: string | undefined) {
    this.#expected = expected === undefined ? undefined : parseDigest(expected);
    this.#path = path;
    this.#kept = path === undefined ? null : readDigest(path);
  }

  /** Compares the digest, or stores it if this is the first run and the replay is complete. @throws LedgerError DIGEST_MISMATCH, IO_FAILED */
  apply(report: StreamReport): void {
    if (this.#expected !== undefined) proveDigest(report, this.#expected);
    if (this.#path === undefined) return;
    if (this.#kept !== null) proveDigest(report, this.#kept);
    else if (report.isComplete) writeAtomically(this.#path, `${report.digest}\n`);
  }
}

function readDigest(path: string): string | null {
  const text = readSmallFile(path);
  if (text === null) return null;
  try {
    return parseDigest(text);
  } catch (error) {
    throw new LedgerError('INPUT_UNREADABLE', {
      message: `${path} contains no digest`,
      hint: 'name another file',
      cause: error,
    });
  }
}
