/** Runs small commands with the bundle of our verbs, and stores the code that V8 has compiled by then. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CODE_FILE, compileBundle, exportsOf } from '../bin/bundle.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'completengine-build-'));
try {
  const ledger = join(directory, 'events.codex');
  const input = join(directory, 'one.jsonl');
  writeFileSync(input, '{"one":1}\n');
  const script = compileBundle();
  const { main } = exportsOf(script);
  for (const command of [
    ['init', '-l', ledger],
    ['emit', '-l', ledger, '-q', input],
    ['replay', '-l', ledger, '-q'],
    ['tail', '-l', ledger],
  ]) {
    await main(root, command);
  }
  if (!process.exitCode) writeFileSync(CODE_FILE, script.createCachedData());
} finally {
  rmSync(directory, { recursive: true });
}
