/** A filter that drops everything must yield to the event loop, and an abort ends it in the middle of a page. */

import { expect, test } from 'vitest';
import type { EventBatch } from '../../../src/core/model/events/event.ts';
import { acceptedRows, filtered } from '../../../src/core/replay/filter.ts';
import { Turns } from '../../../src/core/replay/turns.ts';

const COUNT = 1000;
const batch = { count: COUNT, pick: () => batch } as unknown as EventBatch;

/** Takes a millisecond of processor time an event. */
function slow(seen: number[]): (batch: EventBatch, at: number) => boolean {
  return (_, at) => {
    seen.push(at);
    for (const end = performance.now() + 1; performance.now() < end; );
    return false;
  };
}

test('an abort ends it after at most a few more events', async () => {
  const controller = new AbortController();
  const seen: number[] = [];
  setImmediate(() => controller.abort());
  expect(await acceptedRows(batch, slow(seen), new Turns(), controller.signal)).toBe(null);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.length).toBeLessThan(COUNT / 2);
});

test('an aborted run yields nothing of the page that it is at', async () => {
  const controller = new AbortController();
  const seen: number[] = [];
  setImmediate(() => controller.abort());
  async function* pages() {
    for (;;) yield [batch];
  }
  for await (const page of filtered(pages(), slow(seen), controller.signal))
    expect.fail(`a page of ${page.length} batches`);
  expect(seen.length).toBeLessThan(COUNT / 2);
});

test('a timer comes to its turn while it works', async () => {
  let fired = 0;
  const timer = setInterval(() => fired++, 1);
  const rows = await acceptedRows({ ...batch, count: 200 } as unknown as EventBatch, slow([]), new Turns());
  clearInterval(timer);
  expect([rows?.length, fired > 2]).toEqual([0, true]);
});
