/** The kept ledgers and outputs in `fixtures/ledgers`: `NAME.codex.gz`, and `NAME.txt` with the outputs of commands over it. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'vitest';

const DIRECTORY = fileURLToPath(new URL('../../fixtures/ledgers/', import.meta.url));

/** `outputs`: write the outputs of today; `ledgers`: make the ledgers again, too. Set by scripts/fixtures.js. */
const MODE = process.env['COMPLETENGINE_FIXTURES'];
export const isMakingLedgers = MODE === 'ledgers';
const isWritingOutputs = MODE === 'outputs' || isMakingLedgers;

export function packLedger(name: string, path: string): void {
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(`${DIRECTORY}${name}.codex.gz`, gzipSync(readFileSync(path), { level: 9 }));
}

/** Writes the ledger as a file that only its owner may read, as `init` does. */
export function unpackLedger(name: string, path: string): void {
  writeFileSync(path, gunzipSync(readFileSync(`${DIRECTORY}${name}.codex.gz`)), { mode: 0o600 });
}

/** Expects the output to equal the kept one, byte for byte, or keeps it. */
export function expectKept(name: string, output: string): void {
  const path = `${DIRECTORY}${name}.txt`;
  if (isWritingOutputs) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, output);
  }
  expect(output, `${name}.txt; if the change is meant: npm run fixtures`).toBe(readFileSync(path, 'utf8'));
}
