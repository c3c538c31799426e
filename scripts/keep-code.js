/** Runs small commands with the bundle of our verbs, and stores the code that V8 has compiled by then beside each of its files. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { codeFileOf, compileBundle, scripts } from '../bin/bundle.js';

// V8 drops the code of a function that several collections of garbage have not seen run: what only the first command uses would be missing
setFlagsFromString('--no-flush-bytecode');

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'completengine-build-'));
try {
  const ledger = join(directory, 'events.codex');
  const input = join(directory, 'one.jsonl');
  writeFileSync(input, '{"one":1}\n');
  const { main } = compileBundle();
  for (const command of [
    ['init', '-l', ledger],
    ['emit', '-l', ledger, '-q', input],
    ['replay', '-l', ledger, '-q'],
    ['tail', '-l', ledger],
    ['inspect', '-l', ledger],
    ['partition', '-l', ledger],
  ]) {
    await main(root, command);
  }
  // cached code is for the flags with which it is made, and a start has none
  setFlagsFromString('--flush-bytecode');
  if (!process.exitCode)
    for (const [file, script] of scripts) writeFileSync(codeFileOf(file), script.createCachedData());
} finally {
  rmSync(directory, { recursive: true });
}
