/** Commands that the build runs to learn what of the bundle is used: small ones, whose start is most of their time, and long ones. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Events of 200 bytes for three chunks: a writing thread is started with the first one, a reading thread with the second page. */
const EVENTS = 30_000;

/** Runs the small commands, calls `between`, and runs the long ones. `run`: runs one, given its words. @throws Error if one fails */
export async function runSamples(run, between) {
  const directory = mkdtempSync(join(tmpdir(), 'completengine-build-'));
  const runAll = async (commands) => {
    for (const command of commands) await run(command);
    if (process.exitCode) throw new Error('a command failed');
  };
  try {
    const ledger = join(directory, 'events.codex');
    const one = join(directory, 'one.jsonl');
    const many = join(directory, 'many.jsonl');
    writeFileSync(one, '{"one":1}\n');
    writeFileSync(many, `{"text":"${'many'.repeat(47)}"}\n`.repeat(EVENTS));
    await runAll([
      ['--version'],
      ['init', '-l', ledger],
      ['emit', '-l', ledger, '-q', one],
      ['emit', '-l', ledger, one],
      ['replay', '-l', ledger, '-q'],
      ['tail', '-l', ledger],
      ['inspect', '-l', ledger],
      ['partition', '-l', ledger],
    ]);
    between();
    await runAll([
      ['emit', '-l', ledger, '-q', many],
      ['replay', '-l', ledger, '-q'],
      ['backup', '-l', ledger, '--json', join(directory, 'copy.codex')],
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
