/** Framed ledgers in a log in memory: transactions of many messages, what a reader of few partitions reads, and links without their frames. */

import { expect, it } from 'vitest';
import { toBlueprint } from '../../../../src/core/engine/open.ts';
import type { Ledger } from '../../../../src/core/ledger/ledger.ts';
import type { LogMessage } from '../../../../src/core/ledger/log/ordered-log.ts';
import { EVERYTHING } from '../../../../src/core/model/events/range.ts';
import { systemClock } from '../../../../src/index.ts';
import { draftOf, readAll } from '../../../ledger-contract/drafts.ts';
import { CountedLog } from '../../../support/counted-log.ts';
import { foldAll, foldWithRestart } from '../../../support/folded-log.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';

const busyLimit = { limitMs: 5000 };

async function framed(partitions = 2) {
  const logs: CountedLog[] = [];
  const { driver, messagesOf } = newMemory({ recent: 2 }, (location, messages) => {
    const log = new CountedLog(location, messages);
    logs.push(log);
    return log;
  });
  await driver.create('a', toBlueprint({ partitions, routing: 'hash', layout: 'framed' }), systemClock, busyLimit);
  const open = () => driver.open('a', { access: 'write', busyLimit });
  return { open, messages: messagesOf('a'), logs };
}

async function transact(ledger: Ledger, commits: number): Promise<void> {
  const transaction = await ledger.begin();
  const { floor, ...basis } = await ledger.basis();
  for (let nth = 0; nth < commits; nth++) {
    const events = [0, 1].map((partition) => ({
      partition,
      time: Math.max(0, floor) + nth,
      payload: `"${nth} ${partition}"`,
    }));
    const outcome = await transaction.commit(draftOf({ floor, ...basis }, events));
    expect(outcome.kind).toBe('committed');
  }
  await transaction.end();
}

it('a transaction has as many messages as the log takes together, and is the same to every reader', async () => {
  const { open, messages } = await framed();
  const ledger = await open();
  await transact(ledger, 3);
  await transact(ledger, 499);
  expect(messages.all.map(({ topic }) => topic).filter((topic) => topic.startsWith('l'))).toEqual(['l', 'l.long']);
  const other = await open();
  expect(await other.head()).toEqual(await ledger.head());
  expect((await readAll(other)).map(({ payload }) => payload)).toEqual(
    [3, 499].flatMap((count) => Array.from({ length: count * 2 }, (_, at) => `"${at >> 1} ${at & 1}"`)),
  );
  expect(await other.verify({})).toMatchObject({ events: 1004, commits: 502 });
  const { text } = foldAll(messages.all);
  for (const at of [2, 5, 9, 500, 1008]) expect(foldWithRestart(messages.all, at)).toBe(text);
  await ledger.close();
  await other.close();
});

it('a transaction of more messages is refused before its end, and nothing of it is stored', async () => {
  const { open, messages } = await framed();
  const ledger = await open();
  await expect(transact(ledger, 500)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('takes at most 999 together'),
  });
  expect(messages.all.length).toBe(1);
  await ledger.close();
});

it('a reader of one partition reads no body of another', async () => {
  const { open, logs } = await framed();
  const ledger = await open();
  for (let nth = 0; nth < 20; nth++) {
    const events = [0, 1].map((partition) => ({ partition, time: nth, payload: `"${nth} ${partition}"` }));
    await ledger.commit(
      draftOf(
        await ledger.basis(),
        events.map((event) => ({ ...event, time: event.time + 1 })),
      ),
    );
  }
  const reader = await open();
  const { commits } = await reader.read({ range: EVERYTHING, partitions: [1], verify: true });
  expect(commits.length).toBe(20);
  const lane = await reader.readLane({ partition: 1, fromSequence: 1, events: 100, bytes: 1 << 20 });
  expect(lane.length).toBeGreaterThan(0);
  const read = logs.at(-1)?.bodies ?? new Map<string, number>();
  expect(read.get('f.1')).toBeGreaterThan(0);
  expect([read.get('f.0') ?? 0, read.get('l') ?? 0]).toEqual([0, 0]);
  await ledger.close();
  await reader.close();
});

it('a commit of one frame is one message, and has no second form', async () => {
  const { open, messages, logs } = await framed();
  const ledger = await open();
  for (const partition of [1, 0])
    await ledger.commit(draftOf(await ledger.basis(), [{ partition, time: 1, payload: `"only ${partition}"` }]));
  expect(messages.all.map(({ topic }) => topic)).toEqual(['init', 'f.1', 'f.0']);
  const reader = await open();
  expect(await readAll(reader)).toMatchObject([{ payload: '"only 1"' }, { payload: '"only 0"' }]);
  const lane = await reader.readLane({ partition: 1, fromSequence: 1, events: 100, bytes: 1 << 20 });
  expect(lane.flatMap(({ frames }) => frames.map(({ partition }) => partition))).toEqual([1]);
  expect(logs.at(-1)?.bodies.get('l')).toBeUndefined();
  expect(await reader.verify({})).toMatchObject({ events: 2, commits: 2 });
  await ledger.close();
  await reader.close();

  const [init, own] = messages.all as unknown as readonly [LogMessage, LogMessage];
  const stateOf = (...all: readonly LogMessage[]) =>
    foldAll([init, ...all].map((message, at) => ({ ...message, position: at + 1 }))).fold.state;
  expect(stateOf(own)).toMatchObject({ commits: 1, frames: [] });
  const frame = { ...own, header: '' };
  const link = { ...own, topic: 'l', body: Buffer.alloc(0), bodyBytes: 0 };
  const short = { ...own, body: own.body.subarray(1), bodyBytes: own.bodyBytes - 1 };
  for (const all of [[frame, link], [link], [short], [{ ...own, topic: 'f.0' }], [{ ...own, topic: 'l' }]])
    expect([stateOf(...all).commits, stateOf(...all).voids.get('malformed')]).toEqual([0, 1]);
  // a frame before it belongs to nobody
  expect([...stateOf(frame, own).voids]).toEqual([['unlinked', 1]]);
});

it('a link counts only behind its very frames', async () => {
  const { open, messages } = await framed();
  const ledger = await open();
  await transact(ledger, 1);
  await ledger.close();
  const [init, first, second, link] = messages.all as unknown as readonly [
    LogMessage,
    LogMessage,
    LogMessage,
    LogMessage,
  ];
  const stateOf = (...all: readonly LogMessage[]) =>
    foldAll([init, ...all].map((message, at) => ({ ...message, position: at + 1 }))).fold.state;
  const short = { ...second, body: second.body.subarray(1), bodyBytes: second.bodyBytes - 1 };
  const stray = { ...first, topic: 'x' };
  for (const all of [[link], [first, link], [second, first, link], [first, short, link], [first, second, stray, link]])
    expect(stateOf(...all)).toMatchObject({ commits: 0, frames: [] });
  expect(stateOf(first, second, link).voids.size).toBe(0);
  // frames of others before its own do not matter to it, unless it must follow a message
  const { commits, voids } = stateOf(first, first, second, link);
  expect([commits, voids.get('overtaken'), voids.get('unlinked')]).toEqual([0, 1, 3]);
});
