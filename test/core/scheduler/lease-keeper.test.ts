/** When a member writes that it renews its leases, and what becomes of it where it cannot. */

import { expect, it } from 'vitest';
import type { Heartbeat } from '../../../src/core/model/group.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { LeaseKeeper } from '../../../src/core/scheduler/feeding/lease-keeper.ts';
import { systemClock } from '../../../src/index.ts';
import { until } from '../../support/until.ts';

/** Failures that the member ends with. */
async function failuresAfter(error: Error, isEnding: boolean): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const keeper = new LeaseKeeper(
    {
      groups: {
        heartbeat: () => Promise.reject(error),
        generation: () => Promise.reject(error),
        leave: async () => {},
      },
      ends: async () => [],
      clock: systemClock,
      forget: () => {},
      notifyChange: () => {},
      wake: () => {},
      fail: (failure) => failures.push(failure),
      isEnding: () => isEnding,
    },
    { group: 'g', member: 'm', partitions: null, lease: 1000, hooks: {} },
  );
  keeper.refresh();
  await keeper.leave();
  return failures;
}

const aborted = new LedgerError('ABORTED', { message: 'interrupted' });
const unreachable = new LedgerError('UNREACHABLE', { message: 'no answer' });

it('a wait that is aborted while the member ends is no failure of it', async () => {
  expect(await failuresAfter(aborted, true)).toEqual([]);
});

it('any other failure is one, and an aborted wait of a member that goes on', async () => {
  expect(await failuresAfter(aborted, false)).toEqual([aborted]);
  expect(await failuresAfter(unreachable, true)).toEqual([unreachable]);
});

it('a change of the group is looked at, and leases are renewed once a third of their time has passed', async () => {
  let now = 0;
  let generation = 1;
  const beats: Heartbeat[] = [];
  const keeper = new LeaseKeeper(
    {
      groups: {
        heartbeat: async (beat) => {
          beats.push(beat);
          const expiresAt = beat.isLook === true ? 300_000_000 : beat.now + beat.ttl;
          return { token: 1, generation, expiresAt, leases: [], surplus: [], due: [] };
        },
        generation: async () => generation,
        leave: async () => {},
      },
      ends: async () => [],
      clock: { nowMicros: () => now },
      forget: () => {},
      notifyChange: () => {},
      wake: () => {},
      fail: (failure) => expect.fail(String(failure)),
      isEnding: () => false,
    },
    { group: 'g', member: 'm', partitions: null, lease: 300_000_000, hooks: {} },
  );
  await keeper.heartbeat();
  for (now of [50_000_000, 90_000_000, 100_000_000]) {
    generation++;
    keeper.refresh();
    const before = beats.length;
    await until(() => beats.length > before);
  }
  await keeper.leave();
  expect(beats.map(({ isLook }) => isLook)).toEqual([false, true, true, false]);
});
