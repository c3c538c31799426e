/** What a reader of a log asks it: a follower asks nothing for what its fold knows, and calls at the same time share their questions. */

import { expect, it, onTestFinished } from 'vitest';
import { toBlueprint } from '../../../../src/core/engine/open.ts';
import { systemClock } from '../../../../src/index.ts';
import { draftOf } from '../../../ledger-contract/drafts.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';
import { MemoryLog } from '../../../support/memory-driver/memory-log.ts';

const busyLimit = { limitMs: 1000 };
const AT = 'memory';

/** A writer, and a reader whose questions for the end of the log are counted. */
async function openBoth() {
  const asked = { isCounted: false, last: 0 };
  const { driver } = newMemory({}, (location, messages) => {
    const log = new MemoryLog(location, messages);
    const { last } = log;
    log.last = () => {
      if (asked.isCounted) asked.last++;
      return last();
    };
    return log;
  });
  await driver.create(AT, toBlueprint({ partitions: 2 }), systemClock, busyLimit);
  const [writer, reader] = [
    await driver.open(AT, { access: 'write', busyLimit }),
    await driver.open(AT, { access: 'read', busyLimit }),
  ];
  onTestFinished(async () => {
    await writer.close();
    await reader.close();
  });
  const commit = async (payload: string) =>
    writer.commit(draftOf(await writer.basis(), [{ partition: 0, time: 1, payload }]));
  return { commit, reader, asked };
}

it('a watch reports the head, and what it reports is read without a question for the end', async () => {
  const { commit, reader, asked } = await openBoth();
  const reported: (number | undefined)[] = [];
  let notify = (): void => {};
  const watch = reader.watch({
    onCommit: (sequence) => {
      reported.push(sequence);
      notify();
    },
    onError: () => {},
  });
  for (const [nth, payload] of ['1', '2', '3'].entries()) {
    const notified = new Promise<void>((resolve) => {
      notify = resolve;
    });
    await commit(payload);
    await notified;
    expect(reported.at(-1)).toBe(nth + 1);
    asked.isCounted = true;
    const range = { from: nth + 1, through: nth + 1 };
    const { commits } = await reader.read({ range, partitions: null, verify: true });
    expect(commits.map(({ firstSequence }) => firstSequence)).toEqual([nth + 1]);
    asked.isCounted = false;
  }
  expect(asked.last).toBe(0);
  watch.close();
});

it('a read beyond what the fold has asks for the end', async () => {
  const { commit, reader, asked } = await openBoth();
  await commit('1');
  asked.isCounted = true;
  const { commits } = await reader.read({ range: { from: 1, through: 9 }, partitions: null, verify: true });
  expect(commits).toHaveLength(1);
  expect(asked.last).toBe(1);
});

it('calls that come while a question is on its way share the next one', async () => {
  const { commit, reader, asked } = await openBoth();
  asked.isCounted = true;
  const first = reader.head();
  // the answer that is on its way may be older than this commit
  await commit('1');
  asked.last = 0;
  const others = Array.from({ length: 20 }, () => reader.head());
  expect((await Promise.all(others)).every(({ sequence }) => sequence === 1)).toBe(true);
  await first;
  expect(asked.last).toBeLessThanOrEqual(2);
});
