/** What live consumers and lanes keep of history is bounded, however slow they are. */

import { expect, it } from 'vitest';
import { LaneBuffer } from '../../../src/core/bus/lane-buffer.ts';
import { SharedLanes } from '../../../src/core/bus/shared-lanes.ts';
import { SharedPages } from '../../../src/core/bus/shared-pages.ts';
import { storedOf } from '../../support/stored-commit.ts';

const eventAt = (sequence: number) => ({ sequence, partition: 0, offset: sequence - 1, time: 1, payload: '1' });

it('consumers near the head share the last two pages, and older ones are read again', async () => {
  const reads: number[] = [];
  const pages = new SharedPages({
    read: async ({ range }) => {
      reads.push(range.from);
      return { commits: [storedOf(range.from, [eventAt(range.from)])], next: range.from + 1 };
    },
  });
  for (const from of [1, 2, 3, 3, 2]) await pages.read(from, 9, null);
  expect(reads).toEqual([1, 2, 3]);
  await pages.read(1, 9, null);
  expect(reads).toEqual([1, 2, 3, 1]);
});

it('a lane reads ahead once, and no more than a quarter of a megabyte', async () => {
  const reads: { from: number; bytes: number }[] = [];
  const lanes = new SharedLanes(async ({ fromSequence: from, bytes }) => {
    reads.push({ from, bytes });
    return [1, 2, 3].map((nth) => storedOf(from + nth - 1, [eventAt(from + nth - 1)]));
  });
  const buffer = new LaneBuffer((request) => lanes.read({ partition: 0, ...request }));
  for (const from of [1, 2, 3]) await buffer.take(from, 1, Number.POSITIVE_INFINITY);
  expect(reads).toEqual([{ from: 1, bytes: 256 * 1024 }]);
  await buffer.take(4, 1, Number.POSITIVE_INFINITY);
  expect(reads.map(({ from }) => from)).toEqual([1, 4]);
});
