/** Reads files of keys. Their content goes to the library alone, and into no message. */

import { statSync } from 'node:fs';
import { isVerifierKey, type KeyText, LedgerError, type LedgerWarning } from '../../index.ts';
import { readSmallFile } from '../state/atomic-file.ts';
import type { NamedFile } from '../state/taken-files.ts';

/** @throws LedgerError NO_INPUT, INPUT_UNREADABLE */
export function readKeyFile(path: string): KeyText {
  const text = readSmallFile(path);
  if (text !== null) return { name: path, text };
  throw new LedgerError('NO_INPUT', {
    message: `there is no key at ${path}`,
    hint: 'make a pair: openssl genpkey -algorithm ed25519 -out log.pem, then openssl pkey -in log.pem -pubout -out log.pub',
  });
}

/** Each value is a file, or a verifier key. @throws LedgerError NO_INPUT, INPUT_UNREADABLE */
export function readPublicKeyFiles(values: readonly string[] = []): KeyText[] {
  return values.map((value) => (isVerifierKey(value) ? { name: value, text: value } : readKeyFile(value)));
}

/** The files among keys, for the check against the files of a ledger. */
export function keyFiles(...values: readonly (string | undefined)[]): NamedFile[] {
  return values.flatMap((value) =>
    value === undefined || isVerifierKey(value) ? [] : [{ name: value, place: value, hint: 'name the file of a key' }],
  );
}

/** Null if nobody but its owner can read a private key. */
export function keyWarning(path: string): LedgerWarning | null {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if (process.platform === 'win32' || (mode & 0o077) === 0) return null;
  return {
    code: 'KEY_READABLE',
    message: `users other than the owner can read or write the private key ${path}`,
    hint: 'run chmod 600, and make a new key if others use this machine',
  };
}
