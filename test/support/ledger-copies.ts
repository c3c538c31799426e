/** Copies of a ledger that is made once per test file. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from './temp-dir.ts';

/** Returns a function that copies the ledger, which `make` must leave closed: all copies have one identity. */
export function ledgerCopies(make: () => Promise<string>): () => Promise<string> {
  let bytes: Buffer | undefined;
  return async () => {
    bytes ??= readFileSync(await make());
    const copy = join(tempDir(), 'events.codex');
    writeFileSync(copy, bytes, { mode: 0o600 });
    return copy;
  };
}
