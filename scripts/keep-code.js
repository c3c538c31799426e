/** Runs small commands with the bundle of our verbs, and stores the code that V8 has compiled by then beside each of its files, also of those of threads. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileBundle, keepCode } from '../bin/bundle.js';

const THREADS = ['writer', 'reader', 'backup'];
/** Events of 200 bytes for three chunks: a writing thread is started with the first one, a reading thread with the second page. */
const EVENTS = 30_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const writeStarts = (code) => {
  for (const name of THREADS)
    writeFileSync(join(root, `dist/cli/${name}-worker.cjs`), `${code.replace('NAME', `"${name}-thread.cjs"`)}\n`);
};

const directory = mkdtempSync(join(tmpdir(), 'completengine-build-'));
try {
  const ledger = join(directory, 'events.codex');
  const one = join(directory, 'one.jsonl');
  const many = join(directory, 'many.jsonl');
  writeFileSync(one, '{"one":1}\n');
  writeFileSync(many, `{"text":"${'many'.repeat(47)}"}\n`.repeat(EVENTS));
  writeStarts(
    'const bundle = require("../../bin/bundle.js"); bundle.compileBundle(NAME); process.on("exit", bundle.keepCode);',
  );
  const { main } = compileBundle();
  for (const command of [
    ['init', '-l', ledger],
    ['emit', '-l', ledger, '-q', one],
    ['replay', '-l', ledger, '-q'],
    ['tail', '-l', ledger],
    ['inspect', '-l', ledger],
    ['partition', '-l', ledger],
    ['emit', '-l', ledger, '-q', many],
    ['replay', '-l', ledger, '-q'],
    ['backup', '-l', ledger, '--json', join(directory, 'copy.codex')],
  ]) {
    await main(root, command);
  }
  if (process.exitCode) throw new Error('a command failed, so no compiled code is kept');
  keepCode();
  writeStarts('require("../../bin/bundle.js").loadBundle(NAME);');
} finally {
  rmSync(directory, { recursive: true });
}
