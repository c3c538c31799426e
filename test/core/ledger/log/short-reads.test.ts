/** What short reads of a long log cost: a page of history, and the overview's look for late events. */

import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { registerDriver } from '../../../../src/core/ledger/drivers.ts';
import { Completengine } from '../../../../src/index.ts';
import { CountedLog } from '../../../support/counted-log.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';
import { quick } from '../../../support/test-size.ts';

const MIB = 1024 * 1024;
const COMMITS = quick(48, 480);
/** In one commit, of 2.5 kB each: it has 0.5 MB. */
const EVENTS = 200;
const SEAL_MESSAGES = 100;

const logs: CountedLog[] = [];
const memory = newMemory(
  { recent: 2, sealEvery: { messages: SEAL_MESSAGES, bytes: 1 << 30 } },
  (location, messages) => {
    const log = new CountedLog(location, messages);
    logs.push(log);
    return log;
  },
);

beforeAll(() => registerDriver('short', async () => memory.driver));

/** One event of each commit is 40 s late. */
async function filled(layout: 'framed' | 'packed') {
  const ledger = `short://${layout}`;
  if (!(await Completengine.exists(ledger))) {
    const writer = await Completengine.open({ ledger, layout, routing: 'hash:k', time: 't', partitions: 4 });
    const pad = 'x'.repeat(2500);
    const timeOf = (nth: number, at: number) => 1e9 + nth - (nth > 0 && at === EVENTS - 1 ? 40 : 0);
    for (let nth = 0; nth < COMMITS; nth++)
      await writer.emit(Array.from({ length: EVENTS }, (_, k) => ({ k, t: timeOf(nth, k), pad })));
    await writer.close();
  }
  const engine = await Completengine.open({ ledger, access: 'read', create: false });
  onTestFinished(() => engine.close());
  return { engine, log: logs.at(-1) as CountedLog };
}

it.each(['framed', 'packed'] as const)(
  'an event of a %s ledger, and the next ones, cost no more than their commits',
  async (layout) => {
    const { engine, log } = await filled(layout);
    for (const at of [3, COMMITS >> 1, COMMITS - 4]) {
      const before = log.sent;
      expect((await engine.event(at * EVENTS)).sequence).toBe(at * EVENTS);
      expect(log.sent - before).toBeLessThan(0.6 * MIB);
    }
  },
);

it.each(['framed', 'packed'] as const)('late events of a %s ledger are looked for in 4 MiB of it', async (layout) => {
  const { engine, log } = await filled(layout);
  const { headers } = log;
  const late = await engine.lateEvents();
  expect(late).toMatchObject({ isSample: true, latenessMax: 40e6 });
  expect(late?.late).toBeGreaterThan(0);
  expect(late?.examined).toBeGreaterThanOrEqual(4 * EVENTS);
  // one page of at most three commits at each of four places
  expect(log.sent).toBeLessThan(4 * 3 * 0.55 * MIB);
  expect(log.headers - headers).toBeLessThan(4 * SEAL_MESSAGES * 2);
});

it('late events among few and large ones are found at the end of history, too', async () => {
  const engine = await Completengine.open({ ledger: 'short://large', routing: 'hash:k', time: 't', partitions: 2 });
  onTestFinished(() => engine.close());
  const pad = 'x'.repeat(30_000);
  const isLate = (nth: number) => nth > 220 && nth % 2 === 0;
  for (let nth = 0; nth < 300; nth++) await engine.emit({ k: nth, t: 1e9 + nth - (isLate(nth) ? 10 : 0), pad });
  const late = await engine.lateEvents();
  expect(late).toMatchObject({ isSample: true, latenessMax: 9e6 });
  expect(late?.examined).toBeLessThan(300);
});
