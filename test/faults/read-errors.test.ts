/** Fault model: the disk does not give back what is read any more, while somebody follows. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openEngine } from '../support/engines.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { expectFailure } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { traced } from '../support/traced.ts';

/** From which read on all fail, counted from those of a start: among its last ones, and among those of what is followed. */
const FAILING = quick([0, 3, 5], [0, 1, 2, 3, 4, 5]);

test.for([
  ['a tail that follows', ['-f']],
  ['a member of a group', ['-g', 'g']],
] as const)('%s ends with one clear line when it cannot read any more', { timeout: 120_000 }, async ([, args], context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = join(tempDir(), 'events.codex');
  const engine = await openEngine({ ledger, partitions: 1 });
  await engine.emit({ n: 0 });
  const log = join(tempDir(), 'strace.log');
  const start = (await traced(log, 'pread64', null, ['tail', '-l', ledger])).calls.length;
  for (const behind of FAILING) {
    const nth = start + behind;
    const ended = traced(log, 'pread64', `error=EIO:when=${nth}+`, ['tail', '-l', ledger, ...args]);
    let isOver = false;
    void ended.finally(() => {
      isOver = true;
    });
    // every event makes it read again, until it meets the fault, however many reads it has made before
    while (!isOver) {
      await engine.emit({ nth });
      await sleep(50);
    }
    const result = await ended;
    expect(result.calls.some((read) => read.includes('INJECTED'))).toBe(true);
    // SQLite takes a sector that cannot be read for damage
    expectFailure(result, result.code === 3 ? 3 : 74, /damaged|I\/O error/);
  }
});
