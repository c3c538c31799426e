import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConsumerView, decide, type LaneView } from '../../../src/core/scheduler/decide.ts';
import { pauseAfter } from '../../../src/core/scheduler/feeding/backoff.ts';

const NOW = 1000;

const lane: fc.Arbitrary<LaneView> = fc.record({
  lag: fc.integer({ min: 0, max: 50 }),
  isBusy: fc.boolean(),
  heldUntil: fc.constantFrom(NOW - 1, NOW, NOW + 1, Number.POSITIVE_INFINITY),
  dueAt: fc.constantFrom(Number.NEGATIVE_INFINITY, NOW, NOW + 5, NOW + 9),
  limit: fc.integer({ min: 1, max: 20 }),
  lastFed: fc.integer({ min: 0, max: 30 }),
});

const consumer: fc.Arbitrary<ConsumerView> = fc.record({
  capacity: fc.integer({ min: -3, max: 40 }),
  slots: fc.oneof(fc.integer({ min: -1, max: 6 }), fc.constant(Number.POSITIVE_INFINITY)),
  lanes: fc.array(lane, { maxLength: 8 }),
});

const isFit = (view: LaneView | undefined): boolean =>
  view !== undefined && view.lag > 0 && !view.isBusy && view.heldUntil > NOW && view.dueAt <= NOW;

describe('decide()', () => {
  it('feeds only ready lanes, each once, within lag, limit, slots and capacity', () => {
    fc.assert(
      fc.property(fc.array(consumer, { maxLength: 5 }), (consumers) => {
        const { feeds } = decide(consumers, NOW);
        expect(new Set(feeds.map(({ consumer: at, lane: of }) => `${at}/${of}`)).size).toBe(feeds.length);
        for (const [at, view] of consumers.entries()) {
          const own = feeds.filter((feed) => feed.consumer === at);
          const events = own.reduce((sum, feed) => sum + feed.events, 0);
          expect(own.length).toBeLessThanOrEqual(Math.max(0, view.slots));
          expect(events).toBeLessThanOrEqual(Math.max(0, view.capacity));
          for (const feed of own) {
            const fed = view.lanes[feed.lane];
            expect(isFit(fed)).toBe(true);
            expect(feed.events).toBeGreaterThan(0);
            expect(feed.events).toBeLessThanOrEqual(Math.min(fed?.lag ?? 0, fed?.limit ?? 0));
          }
        }
      }),
    );
  });

  it('leaves no ready lane unfed while there is room', () => {
    fc.assert(
      fc.property(fc.array(consumer, { maxLength: 5 }), (consumers) => {
        const { feeds } = decide(consumers, NOW);
        for (const [at, view] of consumers.entries()) {
          const fit = view.lanes.filter(isFit).length;
          expect(feeds.filter((feed) => feed.consumer === at)).toHaveLength(
            Math.max(0, Math.min(fit, view.slots, view.capacity)),
          );
        }
      }),
    );
  });

  it('gives a consumer what it would get alone, whatever other consumers there are', () => {
    fc.assert(
      fc.property(fc.array(consumer, { minLength: 1, maxLength: 5 }), (consumers) => {
        const together = decide(consumers, NOW).feeds.filter((feed) => feed.consumer === 0);
        expect(together).toEqual(decide(consumers.slice(0, 1), NOW).feeds);
      }),
    );
  });

  it('feeds the longest-waiting lanes first, over all consumers', () => {
    fc.assert(
      fc.property(fc.array(consumer, { maxLength: 5 }), (consumers) => {
        const turns = decide(consumers, NOW).feeds.map(
          (feed) => consumers[feed.consumer]?.lanes[feed.lane]?.lastFed ?? 0,
        );
        expect(turns).toEqual([...turns].sort((one, other) => one - other));
      }),
    );
  });

  it('comes round to every lane, however few slots there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 30 }),
        (laneCount, slots, capacity) => {
          const turns = Array.from({ length: laneCount }, () => 0);
          let turn = 0;
          const rounds = Math.ceil(laneCount / Math.min(slots, capacity));
          for (let round = 0; round < rounds; round++) {
            const lanes = turns.map((lastFed) => ({
              lag: 99,
              isBusy: false,
              heldUntil: NOW + 1,
              dueAt: NOW,
              limit: 10,
              lastFed,
            }));
            for (const feed of decide([{ capacity, slots, lanes }], NOW).feeds) turns[feed.lane] = ++turn;
          }
          expect(Math.min(...turns)).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('asks to be woken when the first pause of a consumer with room ends, and only then', () => {
    fc.assert(
      fc.property(fc.array(consumer, { maxLength: 5 }), (consumers) => {
        const withRoom = consumers.filter(({ capacity, slots }) => capacity > 0 && slots > 0);
        const pauses = withRoom.flatMap(({ lanes }) =>
          lanes.filter(({ lag, isBusy, dueAt }) => lag > 0 && !isBusy && dueAt > NOW).map(({ dueAt }) => dueAt),
        );
        expect(decide(consumers, NOW).wakeAt).toBe(pauses.length === 0 ? null : Math.min(...pauses));
      }),
    );
  });
});

describe('the pause after a failure', () => {
  it('doubles up to its bound, and is scattered over its upper half', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, chance) => {
          const whole = Math.min(30_000, 100 * 2 ** (attempts - 1));
          const pause = pauseAfter(attempts, { first: 100, max: 30_000 }, chance);
          expect(pause).toBeGreaterThanOrEqual(Math.floor(whole / 2));
          expect(pause).toBeLessThanOrEqual(whole);
        },
      ),
    );
  });
});
