/** What the members of an engine's groups share of their reads: each event is read once, and what is kept is bounded. */

import { describe, expect, it } from 'vitest';
import { type LaneRead, SharedLanes } from '../../../src/core/bus/shared-lanes.ts';
import type { StoredCommit } from '../../../src/core/model/events/commit.ts';
import type { LaneRequest } from '../../../src/core/model/events/history.ts';
import { storedOf } from '../../support/stored-commit.ts';

const MEBIBYTE = 1024 * 1024;

/** Lanes of one event a read, with the requests that were made. `frames`: in place of one event of a byte. */
function lanesOver(frames: (request: LaneRequest) => StoredCommit[] = eventsOf(1)) {
  const requests: LaneRequest[] = [];
  const lanes = new SharedLanes(async (request) => {
    requests.push(request);
    return frames(request);
  });
  const read = (fromSequence: number, partition = 0): Promise<LaneRead> =>
    lanes.read({ partition, fromSequence, fromOffset: fromSequence - 1, events: 3, bytes: 1000 });
  return { lanes, requests, read };
}

function eventsOf(bytes: number): (request: LaneRequest) => StoredCommit[] {
  return ({ fromSequence: sequence, partition }) => [
    storedOf(sequence, [{ sequence, partition, offset: sequence - 1, time: 1, payload: `"${'x'.repeat(bytes)}"` }]),
  ];
}

describe('reads of partitions', () => {
  it('are shared from the second member on, and then have all that fits', async () => {
    const { lanes, requests, read } = lanesOver();
    const leave = lanes.join();
    await read(1);
    await read(1);
    expect(requests.map(({ events }) => events)).toEqual([3, 3]);
    lanes.join();
    const [one, other] = await Promise.all([read(1), read(1)]);
    expect(other).toBe(one);
    expect(one.batches.map(({ count }) => count)).toEqual([1]);
    expect(one.end).toBe(1);
    expect(await read(1)).toBe(one);
    expect(requests.slice(2).map(({ events, bytes }) => ({ events, bytes }))).toEqual([
      { events: Number.MAX_SAFE_INTEGER, bytes: 1000 },
    ]);
    leave();
    leave();
    expect(await read(1)).not.toBe(one);
  });

  it('are kept for the last two places of each partition', async () => {
    const { lanes, requests, read } = lanesOver();
    lanes.join();
    lanes.join();
    for (const [from, partition] of [
      [1, 0],
      [2, 0],
      [1, 1],
      [3, 0],
      [2, 0],
      [3, 0],
      [1, 1],
    ] as const)
      await read(from, partition);
    expect(requests).toHaveLength(4);
    await read(1, 0);
    expect(requests).toHaveLength(5);
  });

  it('are kept up to four mebibytes, those of the partition that was read last the longest', async () => {
    const { lanes, requests, read } = lanesOver(eventsOf(MEBIBYTE));
    lanes.join();
    lanes.join();
    for (const partition of [0, 1, 2, 3]) await read(1, partition);
    for (const partition of [3, 2, 1]) await read(1, partition);
    expect(requests).toHaveLength(4);
    await read(1, 0);
    expect(requests).toHaveLength(5);
  });

  it('are not kept where nothing is left, nor where they fail', async () => {
    let answer: () => StoredCommit[] = () => [];
    const { lanes, requests, read } = lanesOver(() => answer());
    lanes.join();
    lanes.join();
    expect(await read(1)).toEqual({ batches: [], end: 0 });
    answer = () => {
      throw new Error('the disk');
    };
    await expect(Promise.all([read(1), read(1)])).rejects.toThrow('the disk');
    answer = () => eventsOf(1)({ partition: 0, fromSequence: 1, events: 1, bytes: 1 });
    expect((await read(1)).end).toBe(1);
    expect(requests).toHaveLength(3);
  });
});
