/** Fault model: the disk does not give back what is read any more, while a follower reads, or while a thread reads ahead. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openEngine } from '../support/engines.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { wideLedgers, wideLine } from '../support/large-ledger.ts';
import { expectFailure } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { type Traced, traced } from '../support/traced.ts';

/** From which read on all fail, counted from those of a start: among its last ones, and among those of what is followed. */
const FAILING = quick([0, 4], [0, 1, 2, 3, 4, 5]);

test.for([
  ['a tail that follows', ['-f']],
  ['a member of a group', ['-g', 'g']],
] as const)(
  '%s ends with one clear line when it cannot read any more',
  { timeout: 120_000 },
  async ([, args], context) => {
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
  },
);

/** Some 8 MB, or 16: a first page of one commit, and many more for the thread. */
const LINES = quick(7500, 15_000);
const largeLedger = wideLedgers(LINES);

test('a replay ends with one clear line when the thread that reads ahead cannot read any more', async (context) => {
  needs(context, ...STRACE_PROBE);
  const ledger = await largeLedger();
  const log = join(tempDir(), 'strace.log');
  const byThread = ({ calls }: Traced) => {
    const counts = new Map<string, number>();
    for (const call of calls) counts.set(call.split(' ')[0] ?? '', (counts.get(call.split(' ')[0] ?? '') ?? 0) + 1);
    return [...counts].sort(([, one], [, other]) => one - other);
  };
  const sound = await traced(log, 'pread64', null, ['replay', '-q', '-l', ledger]);
  expect(sound.code, sound.stderr).toBe(0);
  const [[, least] = ['', 0], [, most] = ['', 0]] = byThread(sound).slice(-2);
  // the thread opens the ledger too, and reads far more than the first page
  expect(most, 'one thread alone reads').toBeGreaterThan(least + 100);

  const failed = await traced(log, 'pread64', `error=EIO:when=${least + 100}+`, ['replay', '-q', '-l', ledger]);
  expect(failed.calls.some((call) => call.includes('INJECTED'))).toBe(true);
  expectFailure(failed, failed.code === 3 ? 3 : 74, /damaged|broken|I\/O error/);
  const lines = failed.stdout.toString().split('\n').slice(0, -1);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(LINES);
  expect(lines.every((line, at) => line === wideLine(at + 1))).toBe(true);
});
