import { expect, test } from 'vitest';
import { FrameBodyWriter } from '../../../../src/core/frames/frame-body.ts';
import { EventBatch } from '../../../../src/core/model/events/event.ts';
import { EVERYTHING } from '../../../../src/core/model/events/range.ts';
import { type PaceRequest, readPace } from '../../../../src/core/scheduler/pacing/pace.ts';
import { paced } from '../../../../src/core/scheduler/pacing/paced.ts';
import { Playback } from '../../../../src/core/scheduler/pacing/playback.ts';
import { FakeTimer } from '../../../support/fake-timer.ts';
import { type Seeded, seededForTest } from '../../../support/seeded.ts';

const START = 1_700_000_000_000_000;

/** One commit of events at these microseconds after the start; their payloads are their sequences. */
function batchOf(firstSequence: number, times: readonly number[]): EventBatch {
  const writer = new FrameBodyWriter();
  const first = times[0] ?? 0;
  for (const [nth, time] of times.entries()) {
    const payload = Buffer.from(String(firstSequence + nth));
    writer.append(nth, time - first, payload, 0, payload.length);
  }
  const frame = {
    partition: 0,
    sequence: firstSequence,
    offset: firstSequence - 1,
    count: times.length,
    key: null,
    body: writer.take(),
  };
  return EventBatch.of(
    { firstSequence, frames: [{ ...frame, firstTime: START + first, lastTime: START + (times.at(-1) ?? 0) }] },
    EVERYTHING,
  );
}

async function* pagesOf(...pages: EventBatch[][]) {
  yield* pages;
}

interface Delivered {
  readonly sequence: number;
  readonly ms: number;
}

/** Plays pages and notes when each event came. `work`: what the consumer does with each delivery. */
async function play(
  pages: EventBatch[][],
  timer: FakeTimer,
  request: PaceRequest,
  {
    playback = new Playback({ timer }),
    signal,
    work = () => {},
  }: { playback?: Playback; signal?: AbortSignal; work?: (count: number) => void } = {},
): Promise<{ delivered: Delivered[]; deliveries: number }> {
  const delivered: Delivered[] = [];
  let deliveries = 0;
  const startMs = timer.ms;
  for await (const page of paced(pagesOf(...pages), { pace: readPace(request), timer, playback, signal })) {
    deliveries++;
    let count = 0;
    for (const batch of page) {
      for (const sequence of batch.sequences) delivered.push({ sequence, ms: timer.ms - startMs });
      count += batch.count;
    }
    work(count);
  }
  return { delivered, deliveries };
}

function randomPages(random: Seeded, count: number): { pages: EventBatch[][]; times: number[] } {
  const pages: EventBatch[][] = [];
  const times: number[] = [];
  let time = 0;
  while (times.length < count) {
    const page: EventBatch[] = [];
    for (let batches = random.between(0, 3); batches > 0; batches--) {
      const commit = Array.from({ length: random.between(1, 20) }, () => {
        time += random.between(0, 3) * random.between(0, 40_000);
        return time;
      });
      page.push(batchOf(times.length + 1, commit));
      times.push(...commit);
    }
    pages.push(page);
  }
  return { pages, times };
}

test('gaps of 0, 1 and 2 seconds at twice the speed take a second and a half', async () => {
  const { delivered } = await play([[batchOf(1, [0, 0, 1e6]), batchOf(4, [3e6])]], new FakeTimer(seededForTest()), {
    speed: 2,
  });
  for (const [at, due] of [0, 0, 500, 1500].entries()) {
    expect(delivered[at]?.ms).toBeGreaterThanOrEqual(due);
    expect(delivered[at]?.ms).toBeLessThan(due + 5);
  }
});

test('every event once, in order, none early, none late beyond the timer’s own lateness, and no drift', async () => {
  const random = seededForTest();
  for (const factor of [0.5, 1, 60]) {
    const { pages, times } = randomPages(random, 2000);
    const { delivered, deliveries } = await play(pages, new FakeTimer(random), { speed: factor });
    expect(delivered.map(({ sequence }) => sequence)).toEqual(times.map((_, at) => at + 1));
    for (const [at, { ms }] of delivered.entries()) {
      const due = ((times[at] as number) - (times[0] as number)) / 1000 / factor;
      expect(ms).toBeGreaterThanOrEqual(due);
      expect(ms - due).toBeLessThan(3);
    }
    expect(deliveries).toBeLessThanOrEqual(times.length);
  }
});

test('what is due together is delivered together, across commits', async () => {
  const { deliveries, delivered } = await play(
    [[batchOf(1, [0, 0, 0]), batchOf(4, [0, 9e6]), batchOf(6, [9e6])]],
    new FakeTimer(seededForTest()),
    {
      speed: 'natural',
    },
  );
  expect(delivered).toHaveLength(6);
  expect(deliveries).toBe(2);
});

test('a slow consumer gets events late, never out of order, twice or not at all; then it is on time again', async () => {
  const random = seededForTest();
  const timer = new FakeTimer(random);
  const times = Array.from({ length: 400 }, (_, n) => n * 10_000);
  let worked = 0;
  const { delivered, deliveries } = await play(
    [[batchOf(1, times.slice(0, 200))], [batchOf(201, times.slice(200))]],
    timer,
    { speed: 'natural' },
    {
      work: () => {
        // half of the time it takes fifty milliseconds for each delivery
        if (worked++ < 30) timer.ms += 50;
      },
    },
  );
  expect(delivered.map(({ sequence }) => sequence)).toEqual(times.map((_, at) => at + 1));
  for (const [at, { ms }] of delivered.entries()) expect(ms).toBeGreaterThanOrEqual((times[at] as number) / 1000);
  expect(deliveries).toBeLessThan(400);
  const last = delivered.at(-1) as Delivered;
  expect(last.ms - 3990).toBeLessThan(5);
});

test('a pause stops the run’s clock, and the run continues from there', async () => {
  const timer = new FakeTimer(seededForTest());
  const playback = new Playback({ timer });
  timer.onWait = () => {
    if (timer.waits === 3) {
      playback.pause();
      queueMicrotask(() => {
        timer.ms += 60_000;
        playback.resume();
      });
    }
  };
  const times = Array.from({ length: 10 }, (_, n) => n * 1e6);
  const { delivered } = await play([[batchOf(1, times)]], timer, { speed: 'natural' }, { playback });
  expect(timer.waits).toBeGreaterThan(8);
  expect(delivered.map(({ sequence }) => sequence)).toEqual(times.map((_, at) => at + 1));
  expect(delivered[9]?.ms).toBeGreaterThanOrEqual(69_000);
  expect(delivered[9]?.ms).toBeLessThan(69_010);
});

test('each step delivers one event at once, however far its time is; later events count from there', async () => {
  const timer = new FakeTimer(seededForTest());
  const playback = new Playback({ timer, isPaused: true });
  let presses = 0;
  timer.onWait = () => {
    presses++;
    if (presses <= 3) playback.step();
    else if (presses === 4) playback.resume();
  };
  const { delivered, deliveries } = await play(
    [[batchOf(1, [0, 3600e6]), batchOf(3, [7200e6, 7201e6])]],
    timer,
    { speed: 'natural' },
    { playback },
  );
  expect(deliveries).toBe(4);
  expect(delivered.slice(0, 3).map(({ ms }) => ms)).toEqual([0, 0, 0]);
  expect(delivered[3]?.ms).toBeGreaterThanOrEqual(1000);
  expect(delivered[3]?.ms).toBeLessThan(1005);
});

test('without a pace everything is due at once, and a player still holds it', async () => {
  const timer = new FakeTimer(seededForTest());
  const playback = new Playback({ timer, isPaused: true });
  timer.onWait = () => playback.step();
  const { delivered, deliveries } = await play([[batchOf(1, [0, 1e6]), batchOf(3, [2e6])]], timer, {}, { playback });
  expect(delivered.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(deliveries).toBe(3);
});

test('an abort ends the wait, and no later event is delivered', async () => {
  const timer = new FakeTimer(seededForTest());
  const controller = new AbortController();
  timer.onWait = () => controller.abort();
  const { delivered } = await play(
    [[batchOf(1, [0, 0, 3600e6])]],
    timer,
    { speed: 'natural' },
    { signal: controller.signal },
  );
  expect(delivered.map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test('one seed, one course: the same waits and the same deliveries', async () => {
  const random = seededForTest();
  const course = async () => {
    const { pages } = randomPages(random.fork(1), 500);
    const timer = new FakeTimer(random.fork(2));
    const { delivered, deliveries } = await play(pages, timer, { speed: 3, maxGap: '10ms' });
    return { delivered, deliveries, waits: timer.waits };
  };
  expect(await course()).toEqual(await course());
});
