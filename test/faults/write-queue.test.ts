/**
 * Fault model: of the processes that wait for a ledger, in the order in which they came, the first one is stopped and the second one is killed. What must
 * hold: the others commit, the first one too when it continues, each event is stored once, and nothing stays beside the ledger.
 */

import { existsSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { finished, startCli } from '../support/cli.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { newLedger } from '../support/ledger-cli.ts';
import { holdWriteLock } from '../support/lock-holder.ts';
import { untilStopped } from '../support/process-state.ts';
import { until } from '../support/until.ts';

it('writers behind one that is stopped and one that is killed commit', async () => {
  const ledger = await newLedger();
  const queue = `${ledger}-queue`;
  const waiting = () => (existsSync(queue) ? readdirSync(queue).length : 0);
  const holder = await holdWriteLock(ledger);
  const emitters = [];
  for (const n of [1, 2, 3, 4]) {
    const child = startCli(['emit', '-q', '-l', ledger, '--busy-timeout', '60s']);
    child.stdin.end(`{"n":${n}}\n`);
    emitters.push({ child, result: finished(child) });
    await until(() => waiting() === n);
  }
  const [stopped, killed, ...others] = emitters;
  stopped?.child.kill('SIGSTOP');
  await untilStopped(stopped?.child.pid);
  killed?.child.kill('SIGKILL');
  await killed?.result;
  await holder.release();
  for (const { result } of others) expect((await result).code).toBe(0);
  expect(waiting()).toBe(0);
  stopped?.child.kill('SIGCONT');
  expect((await stopped?.result)?.code).toBe(0);
  expect(existsSync(queue)).toBe(false);
  const events = await expectSoundLedger(ledger);
  expect(events.map(({ payload }) => payload)).toHaveLength(3);
});
