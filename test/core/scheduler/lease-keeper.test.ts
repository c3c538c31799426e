/** What becomes of a member whose leases cannot be renewed any more. */

import { expect, it } from 'vitest';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { LeaseKeeper } from '../../../src/core/scheduler/feeding/lease-keeper.ts';
import { systemClock } from '../../../src/index.ts';

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
