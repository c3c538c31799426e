import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../../../src/core/scheduler/decide.ts';
import { pacedLane } from '../../../../src/core/scheduler/pacing/paced-lane.ts';

/** How many of these events are due now, and when to decide again. */
function decideFor(dues: readonly number[], fed: number, capacity: number, now: number) {
  const { feeds, wakeAt } = decide(
    [{ capacity, slots: 1, lanes: [pacedLane(Float64Array.from(dues), fed, now)] }],
    now,
  );
  expect(feeds.length).toBeLessThanOrEqual(1);
  return { events: feeds[0]?.events ?? 0, wakeAt };
}

test('what is due together goes together, and the next is waited for', () => {
  expect(decideFor([0, 5, 5, 9], 0, Number.POSITIVE_INFINITY, 5).events).toBe(3);
  expect(decideFor([0, 5, 5, 9], 3, Number.POSITIVE_INFINITY, 8.999)).toEqual({ events: 0, wakeAt: 9 });
});

test('a player that is paused is not woken by the time', () => {
  expect(decideFor([0, 50], 1, 0, 10)).toEqual({ events: 0, wakeAt: null });
});

test('whatever the pace: nothing early, nothing too much, nothing due forgotten', () => {
  const anyDues = fc
    .array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 12 })
    .map((dues) => dues.sort((one, other) => one - other));
  const anyCapacity = fc.oneof(fc.nat({ max: 12 }), fc.constant(Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(anyDues, fc.nat(), anyCapacity, fc.nat({ max: 100 }), (dues, place, capacity, now) => {
      const fed = place % dues.length;
      const waiting = dues.slice(fed);
      const due = waiting.filter((time) => time <= now).length;
      const { events, wakeAt } = decideFor(dues, fed, capacity, now);
      expect(events).toBe(Math.min(due, capacity));
      if (due === 0) expect(wakeAt).toBe(capacity > 0 ? waiting[0] : null);
    }),
  );
});
