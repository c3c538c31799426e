import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, type Lane } from '../../../src/core/scheduler/decide.ts';

function lane(dues: readonly number[], options: Partial<Omit<Lane, 'dues'>> = {}): Lane {
  return { dues: Float64Array.from(dues), fed: 0, capacity: Number.POSITIVE_INFINITY, leaseUntil: null, ...options };
}

test('feeds what is due, and wakes for the next', () => {
  expect(decide([lane([0, 5, 5, 9])], 5)).toEqual({ feedings: [{ lane: 0, count: 3 }], wakeAt: 9 });
  expect(decide([lane([0, 5, 5, 9], { fed: 3 })], 8.999)).toEqual({ feedings: [], wakeAt: 9 });
  expect(decide([lane([0, 5, 5, 9], { fed: 4 })], 100)).toEqual({ feedings: [], wakeAt: null });
});

test('feeds no more than a consumer takes, and does not wake for one who is full', () => {
  expect(decide([lane([0, 1, 2, 50], { capacity: 2 })], 10)).toEqual({ feedings: [{ lane: 0, count: 2 }], wakeAt: null });
  expect(decide([lane([0, 1, 2, 50], { capacity: 0 })], 10)).toEqual({ feedings: [], wakeAt: null });
  expect(decide([lane([0, 1, 2, 50], { capacity: 4 })], 10)).toEqual({ feedings: [{ lane: 0, count: 3 }], wakeAt: 50 });
});

test('feeds only who holds a lease that has not run out', () => {
  expect(decide([lane([0], { leaseUntil: 10 })], 9.9).feedings).toHaveLength(1);
  expect(decide([lane([0, 20], { leaseUntil: 10 })], 10)).toEqual({ feedings: [], wakeAt: null });
});

test('who has waited longest is fed first', () => {
  const { feedings, wakeAt } = decide([lane([7, 30]), lane([3]), lane([20]), lane([3, 25])], 10);
  expect(feedings.map(({ lane: at }) => at)).toEqual([1, 3, 0]);
  expect(wakeAt).toBe(20);
});

test('whatever the lanes: nothing early, nothing too much, and no due event of a fit consumer is forgotten', () => {
  const anyLane = fc
    .record({
      dues: fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 12 }),
      fed: fc.nat({ max: 12 }),
      capacity: fc.oneof(fc.nat({ max: 12 }), fc.constant(Number.POSITIVE_INFINITY)),
      leaseUntil: fc.option(fc.integer({ min: 0, max: 100 })),
    })
    .map(({ dues, fed, ...rest }) =>
      lane(
        [...dues].sort((one, other) => one - other),
        { ...rest, fed: Math.min(fed, dues.length) },
      ),
    );
  fc.assert(
    fc.property(fc.array(anyLane, { maxLength: 6 }), fc.integer({ min: 0, max: 100 }), (lanes, now) => {
      const { feedings, wakeAt } = decide(lanes, now);
      const counts = new Map(feedings.map(({ lane: at, count }) => [at, count]));
      expect(counts.size).toBe(feedings.length);
      const wakes: number[] = [];
      for (const [at, { dues, fed, capacity, leaseUntil }] of lanes.entries()) {
        const isFit = leaseUntil === null || now < leaseUntil;
        const waiting = [...dues].slice(fed);
        const due = waiting.filter((time) => time <= now).length;
        const count = isFit ? Math.min(due, capacity) : 0;
        expect(counts.get(at) ?? 0).toBe(count);
        const next = waiting[count];
        if (isFit && count < capacity && next !== undefined) wakes.push(next);
      }
      expect(wakeAt).toBe(wakes.length === 0 ? null : Math.min(...wakes));
    }),
  );
});
