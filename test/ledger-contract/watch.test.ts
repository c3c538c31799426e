/** Laws of notifications and of closing, for every storage. */

import { afterAll, describe, expect, it } from 'vitest';
import { Groups } from '../../src/core/ledger/groups.ts';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import { draftOf, readAll } from './drafts.ts';
import { openTwice, STORAGES, stopStorages } from './drivers.ts';

afterAll(stopStorages);

const commit = async (ledger: Ledger) =>
  ledger.commit(draftOf(await ledger.basis(), [{ partition: 0, time: 1, payload: '1' }]));

/** Counts notifications; `next` resolves with the first one after it is asked for. */
function listen(ledger: Ledger) {
  const failures: unknown[] = [];
  let count = 0;
  let notify = (): void => {};
  const watch = ledger.watch({
    onCommit: () => {
      count++;
      notify();
    },
    onError: (error) => failures.push(error),
  });
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      notify = resolve;
    });
  return { watch, next, failures, count: () => count };
}

describe.each(STORAGES)('an opening of a ledger in $name', (storage) => {
  it('is notified of every commit by another one, after it can be read', async () => {
    const [one, other] = await openTwice(storage);
    const { watch, next, failures } = listen(other);
    for (let nth = 1; nth <= 3; nth++) {
      const notified = next();
      await commit(one);
      await notified;
      expect(await readAll(other)).toHaveLength(nth);
    }
    const transaction = await one.begin();
    await transaction.commit(draftOf(await one.basis(), [{ partition: 0, time: 1, payload: '2' }]));
    const notified = next();
    await transaction.end();
    await notified;
    expect(await readAll(other)).toHaveLength(4);
    watch.close();
    expect(failures).toEqual([]);
  });

  it('is not notified after its watch is closed', async () => {
    const [one, other] = await openTwice(storage);
    const [closed, open] = [listen(other), listen(other)];
    closed.watch.close();
    const notified = open.next();
    await commit(one);
    await notified;
    expect(closed.count()).toBe(0);
    open.watch.close();
  });

  it('is closed with its watches, and leaves other openings in use', async () => {
    const [one, other] = await openTwice(storage);
    const [closed, open] = [listen(other), listen(one)];
    await other.close();
    await other.close();
    expect(await commit(one)).toMatchObject({ kind: 'committed' });
    expect(await readAll(one)).toHaveLength(1);
    expect(closed.count() + closed.failures.length).toBe(0);
    open.watch.close();
  });

  it('rejects calls after it is closed', async () => {
    const [one, other] = await openTwice(storage);
    await one.close();
    const draft = draftOf(await other.basis(), [{ partition: 0, time: 1, payload: '1' }]);
    for (const call of [() => one.head(), () => one.commit(draft), () => new Groups(one).create('g', 1, 0)])
      await expect(Promise.resolve().then<unknown>(call)).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await other.head()).sequence).toBe(0);
  });
});
