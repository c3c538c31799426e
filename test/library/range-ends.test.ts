/**
 * Ends of ranges: an empty range is empty, an inverted one is an error, and a sequence that does not exist yet is
 * waited for.
 */

import { expect, test } from 'vitest';
import type { Completengine, ReplayOptions, TailOptions } from '../../src/index.ts';
import { FakeClock, failureOf, openEngine, payloadsOf } from '../support/engines.ts';

async function engineOfFive(): Promise<{ engine: Completengine; clock: FakeClock }> {
  const clock = new FakeClock();
  const engine = await openEngine({ clock });
  await engine.emit([1, 2, 3, 4, 5]);
  return { engine, clock };
}

const DAY = '2026-04-12';
const NOON = '2026-04-12T12:00:00Z';

test.each<ReplayOptions>([
  { from: DAY, until: DAY },
  { from: NOON, until: NOON },
  { from: NOON, until: '2026-04-12T14:00:00+02:00' },
  { range: `${NOON}/${NOON}` },
  { range: `${NOON}/PT0S` },
  { fromSequence: 6 },
  { fromSequence: 99_999 },
])('%j is empty', async (request) => {
  const { engine } = await engineOfFive();
  expect(await engine.replay(request)).toMatchObject({ events: 0, firstSequence: null, isComplete: true });
  const { from, until, fromSequence } = request;
  const start = from === undefined && fromSequence === undefined ? { from: 'end' } : { from, fromSequence };
  expect(await engine.tail({ until, ...start })).toMatchObject({
    events: 0,
    isComplete: true,
  });
});

test.each<[ReplayOptions & TailOptions, string]>([
  [{ from: NOON, until: DAY }, '`from` 2026-04-12T12:00:00.000000Z is after `until` 2026-04-12T00:00:00.000000Z'],
  [
    { from: '2026-04-13', through: DAY },
    '`from` 2026-04-13T00:00:00.000000Z is after `through` 2026-04-12T23:59:59.999999Z',
  ],
  [{ fromSequence: 5, throughSequence: 4 }, '`fromSequence` 5 is after `throughSequence` 4'],
])('a replay of %j is refused: %s', async (request, fact) => {
  const { engine } = await engineOfFive();
  const { message, hint } = await failureOf(() => engine.replay(request as ReplayOptions), 'INVALID_RANGE');
  expect([message, hint]).toEqual([fact, 'swap them']);
});

test('a tail whose start is after its end is refused in the same words', async () => {
  const { engine } = await engineOfFive();
  const { message } = await failureOf(() => engine.tail({ from: NOON, until: DAY }), 'INVALID_RANGE');
  expect(message).toBe('`from` 2026-04-12T12:00:00.000000Z is after `until` 2026-04-12T00:00:00.000000Z');
});

test('a tail from a sequence that does not exist yet delivers nothing before it', async () => {
  const { engine } = await engineOfFive();
  const controller = new AbortController();
  const reached: number[] = [];
  const options = {
    fromSequence: 8,
    follow: true,
    signal: controller.signal,
    onProgress: ({ through }: { through: number }) => reached.push(through),
  };
  const delivered: number[] = [];
  const tail = (async () => {
    for await (const { sequence } of engine.tail(options)) {
      delivered.push(sequence);
      if (sequence === 9) controller.abort();
    }
  })();
  for (const n of [6, 7, 8, 9]) await engine.emit([n]);
  await tail;
  expect(delivered).toEqual([8, 9]);
  // and a cursor is never ahead of the head
  expect(reached.every((through) => through <= 9)).toBe(true);
  expect(await payloadsOf(engine.tail({ fromSequence: 8 }))).toEqual(['8', '9']);
});

test('a zone that is none is refused, also where no time needs it', async () => {
  const { engine } = await engineOfFive();
  for (const request of [{}, { from: 'start' }, { until: NOON }])
    await failureOf(() => engine.tail({ ...request, zone: 'Nowhere/Town' }), 'INVALID_TIME');
  for (const request of [{}, { fromSequence: 2 }, { from: NOON }])
    await failureOf(() => engine.replay({ ...request, zone: 'Nowhere/Town' }), 'INVALID_TIME');
});
