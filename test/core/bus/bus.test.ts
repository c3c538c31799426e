/** The bus: a failure reaches every listener, whenever it was added. */

import { expect, it } from 'vitest';
import { Bus } from '../../../src/core/bus/bus.ts';
import { Watching } from '../../../src/core/engine/watch.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';

const FAILURE = new Error('the disk is gone');

function heardBy(bus: Bus): { readonly failures: unknown[]; readonly stop: () => void } {
  const failures: unknown[] = [];
  const stop = bus.listen({ onChange: () => {}, onFail: (error) => failures.push(error) });
  return { failures, stop };
}

it('reports a failure to later listeners too, and the same one to followers', async () => {
  const bus = new Bus();
  const before = heardBy(bus);
  bus.fail(FAILURE);
  bus.fail(new Error('a consequence'));
  const later = heardBy(bus);
  const ended = heardBy(bus);
  ended.stop();
  await Promise.resolve();
  expect(before.failures[0]).toBe(FAILURE);
  expect(later.failures).toEqual([FAILURE]);
  expect(ended.failures).toEqual([]);
  await expect(bus.beyond(0)).rejects.toBe(FAILURE);
});

it('a follower that cannot begin does not count: the watch ends with the last one that could', () => {
  const watches: string[] = [];
  let isFailing = true;
  const ledger = {
    watch: () => {
      if (isFailing) throw FAILURE;
      watches.push('begun');
      return { close: () => watches.push('closed') };
    },
  } as unknown as Ledger;
  const watching = new Watching(ledger, new Bus());
  expect(() => watching.begin()).toThrow(FAILURE);
  isFailing = false;
  const [one, other] = [watching.begin(), watching.begin()];
  one();
  one();
  expect(watches).toEqual(['begun']);
  other();
  expect(watches).toEqual(['begun', 'closed']);
});
