/** What a member of a group reads of a log: each body of its partitions once, each header once, and few searches for seals. */

import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { toBlueprint } from '../../../../src/core/engine/open.ts';
import { registerDriver } from '../../../../src/core/ledger/drivers.ts';
import { Completengine, systemClock } from '../../../../src/index.ts';
import { draftOf } from '../../../ledger-contract/drafts.ts';
import { CountedLog } from '../../../support/counted-log.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';
import { quick } from '../../../support/test-size.ts';

const busyLimit = { limitMs: 5000 };
const PARTITIONS = 4;
const COMMITS = quick(40, 600);
/** In one commit and partition: its frame has 115 kB, so that a read of 256 KiB has three. */
const EVENTS = 200;

const logs: CountedLog[] = [];
const memory = newMemory({ recent: 2, sealEvery: { messages: 50, bytes: 1 << 30 } }, (location, messages) => {
  const log = new CountedLog(location, messages);
  logs.push(log);
  return log;
});

beforeAll(() => registerDriver('counted', async () => memory.driver));

/** Events of the partitions take turns, so that frames of one commit end at different sequences. */
async function filled(name: string, layout: 'framed' | 'packed') {
  const ledger = `counted://${name}`;
  await memory.driver.create(ledger, toBlueprint({ partitions: PARTITIONS, layout }), systemClock, busyLimit);
  const writer = await memory.driver.open(ledger, { access: 'write', busyLimit });
  const events = Array.from({ length: EVENTS * PARTITIONS }, (_, at) => ({
    partition: at % PARTITIONS,
    time: 1,
    payload: `${at}`,
  }));
  const draft = draftOf(await writer.basis(), events);
  for (let nth = 0; nth < COMMITS; nth++) await writer.commit(draft);
  const summaries = await writer.summarize();
  await writer.close();
  const engine = await Completengine.open({ ledger, access: 'write' });
  onTestFinished(() => engine.close());
  const log = logs.at(-1) as CountedLog;
  const before = log.headers;
  const messages = memory.messagesOf(ledger).all.length;
  return { engine, log, headers: () => log.headers - before, messages, summaries };
}

it.each([undefined, 150, 5000])('a member reads every body of its partitions once, batches of %s', async (batch) => {
  const { engine, log, summaries } = await filled(`bodies-${batch}`, 'framed');
  let count = 0;
  const subscription = await engine.subscribe(
    { group: 'g', from: 'start', partitions: ['p1', 'p2'], batch, until: { head: true } },
    (delivery) => {
      count += delivery.count;
    },
  );
  await subscription.finished;
  expect(count).toBe(2 * COMMITS * EVENTS);
  expect(Object.fromEntries(log.bodies)).toEqual({
    'f.1': summaries[1]?.storedBytes,
    'f.2': summaries[2]?.storedBytes,
  });
});

it.each(['framed', 'packed'] as const)(
  'a member of a %s ledger reads the header of each message about once',
  async (layout) => {
    const { engine, log, headers, messages } = await filled(layout, layout);
    const subscription = await engine.subscribe({ group: 'g', from: 'start', until: { head: true } }, () => {});
    await subscription.finished;
    expect(headers()).toBeLessThan(1.25 * messages);
    // finding the seal before a place takes several of these, so no read of a partition may begin with that
    const reads = (COMMITS * PARTITIONS) / 3;
    expect(log.searches).toBeLessThan(reads);
  },
);

it('of a transaction of more commits than are kept, every one is found', async () => {
  const ledger = 'counted://transaction';
  await memory.driver.create(ledger, toBlueprint({ partitions: 2, layout: 'framed' }), systemClock, busyLimit);
  const writer = await memory.driver.open(ledger, { access: 'write', busyLimit });
  onTestFinished(() => writer.close());
  const draft = draftOf(await writer.basis(), [{ partition: 1, time: 1, payload: '1' }]);
  const transaction = await writer.begin();
  for (let nth = 0; nth < 700; nth++) await transaction.commit(draft);
  await transaction.end();
  for (let nth = 0; nth < 5; nth++) await writer.commit(draft);
  const found: number[] = [];
  for (let fromSequence = 1; ; ) {
    const lane = await writer.readLane({ partition: 1, fromSequence, events: 300, bytes: Number.POSITIVE_INFINITY });
    if (lane.length === 0) break;
    found.push(...lane.map(({ firstSequence }) => firstSequence));
    fromSequence = (found.at(-1) as number) + 1;
  }
  expect(found).toEqual(Array.from({ length: 705 }, (_, at) => at + 1));
});
