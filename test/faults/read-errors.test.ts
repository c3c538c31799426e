/** Fault model: the disk does not give back what is read any more, while somebody follows. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BIN, type CliResult } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { needs, runProgram, STRACE_PROBE } from '../support/fault-tools.ts';
import { expectFailure } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

/** Reads that fail: from the last ones of a start to those of what is followed. */
const READS = 6;

async function traced(inject: readonly string[], args: readonly string[]): Promise<CliResult & { readonly reads: readonly string[] }> {
  const log = join(tempDir(), 'strace.log');
  const result = await runProgram('strace', ['-f', '-qq', '-o', log, '-e', 'trace=pread64', ...inject, process.execPath, BIN, ...args]);
  const reads = readFileSync(log, 'utf8').split('\n');
  return { ...result, reads: reads.filter((line) => line.includes('pread64(')) };
}

test.for([
  ['a tail that follows', ['-f']],
  ['a member of a group', ['-g', 'g']],
] as const)('%s ends with one clear line when it cannot read any more', { timeout: 120_000 }, async ([, args], context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = join(tempDir(), 'events.codex');
  const engine = await openEngine({ ledger, partitions: 1 });
  await engine.emit({ n: 0 });
  const start = (await traced([], ['tail', '-l', ledger])).reads.length;
  for (let nth = start; nth < start + READS; nth++) {
    const ended = traced(['-e', `inject=pread64:error=EIO:when=${nth}+`], ['tail', '-l', ledger, ...args]);
    let isOver = false;
    void ended.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await engine.emit({ nth });
      await sleep(50);
    }
    const result = await ended;
    expect(result.reads.some((read) => read.includes('INJECTED'))).toBe(true);
    // SQLite takes a sector that cannot be read for damage
    expectFailure(result, result.code === 3 ? 3 : 74, /damaged|I\/O error/);
  }
});
