import { expect, test } from 'vitest';
import { ReportLimiter } from '../../../src/core/model/report-limiter.ts';
import type { Timer } from '../../../src/core/model/time/timer.ts';

/** Time advances only when the test advances it. */
class HandTimer implements Timer {
  ms = 0;
  #wakeUps: { readonly at: number; readonly wake: () => void }[] = [];

  nowMs(): number {
    return this.ms;
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeUps.push({ at: this.ms + ms, wake: resolve });
      signal.addEventListener('abort', () => resolve());
    });
  }

  async pass(ms: number): Promise<void> {
    this.ms += ms;
    const due = this.#wakeUps.filter(({ at }) => at <= this.ms);
    this.#wakeUps = this.#wakeUps.filter(({ at }) => at > this.ms);
    for (const { wake } of due) wake();
    // what the waking has set off happens in microtasks
    await new Promise((resolve) => setImmediate(resolve));
  }

  get waiting(): number {
    return this.#wakeUps.length;
  }
}

function limiterWith(timer: Timer): { limiter: ReportLimiter<number>; reports: [latest: number, count: number][] } {
  const reports: [number, number][] = [];
  const limiter = new ReportLimiter<number>({
    intervalMs: 1000,
    timer,
    report: (latest, count) => reports.push([latest, count]),
  });
  return { limiter, reports };
}

test('the first report passes at once, those of the next second as one', async () => {
  const timer = new HandTimer();
  const { limiter, reports } = limiterWith(timer);
  for (let n = 1; n <= 3400; n++) limiter.add(n);
  expect(reports).toEqual([[1, 1]]);
  await timer.pass(999);
  expect(reports).toHaveLength(1);
  await timer.pass(1);
  expect(reports).toEqual([
    [1, 1],
    [3400, 3399],
  ]);
});

test('after a quiet second the next report passes at once, and nothing waits in between', async () => {
  const timer = new HandTimer();
  const { limiter, reports } = limiterWith(timer);
  limiter.add(1);
  await timer.pass(1000);
  expect(timer.waiting).toBe(0);
  limiter.add(2);
  expect(reports).toEqual([
    [1, 1],
    [2, 1],
  ]);
});

test('closing passes on what was held back, once', async () => {
  const timer = new HandTimer();
  const { limiter, reports } = limiterWith(timer);
  limiter.add(1);
  limiter.add(2);
  limiter.add(3);
  limiter.close();
  await timer.pass(5000);
  limiter.close();
  expect(reports).toEqual([
    [1, 1],
    [3, 2],
  ]);
});
