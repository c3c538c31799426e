/**
 * Sticky sessions: where a session goes first, that it stays, when it is new again, and which changes a draft reports.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEPTH_MAX } from '../../../src/core/model/config.ts';
import {
  type DraftedPin,
  draftedPin,
  idleRule,
  NO_SESSION,
  type Pin,
} from '../../../src/core/model/routing/session-pins.ts';
import { StickyRouter } from '../../../src/core/router/sticky-router.ts';
import { FieldReader } from '../../../src/core/scan/field-reader.ts';
import { quick } from '../../support/test-size.ts';

interface Seen {
  readonly session: string;
  readonly time: number;
}

const fields = new FieldReader([['session']], DEPTH_MAX);

/** Takes the events through the router as one draft. */
function draft(
  router: StickyRouter,
  loads: readonly number[],
  events: readonly Seen[],
): { to: number[]; changes: { pins: DraftedPin[]; timeShiftMax: number } } {
  router.begin(loads);
  const to = events.map(({ session, time }) => router.assign(numberOf(router, session), time));
  const { pins, timeShiftMax } = router.changes();
  return { to, changes: { pins: Array.from({ length: pins.count }, (_, at) => draftedPin(pins, at)), timeShiftMax } };
}

function numberOf(router: StickyRouter, session: string): number {
  return router.sessionOf(fields.read(Buffer.from(JSON.stringify({ session }))));
}

const forEver = () => new StickyRouter({ idleMicros: null });
const at = (time: number, ...sessions: string[]): Seen[] => sessions.map((session) => ({ session, time }));

const seen = fc.record({ session: fc.constantFrom(...'abcdefghij'), time: fc.nat(1000) });
const events = fc.array(seen, { maxLength: 60 }).map((all) => all.toSorted((one, other) => one.time - other.time));
const loads = fc.array(fc.nat(20), { minLength: 1, maxLength: 8 });
const idle = fc.option(fc.integer({ min: 1, max: 200 }));

describe('a session', () => {
  it('goes to the least loaded partition, of several to the first', () => {
    expect(draft(forEver(), [5, 2, 2], at(1, 'a')).to).toEqual([1]);
    expect(draft(forEver(), [0, 0, 0], at(1, 'a', 'b', 'c', 'd')).to).toEqual([0, 1, 2, 0]);
  });

  it('stays where it was sent first, however loaded', () => {
    expect(draft(forEver(), [0, 1], at(1, 'a', 'a', 'a', 'b', 'a', 'b')).to).toEqual([0, 0, 0, 1, 0, 1]);
  });

  it('stays where the ledger knows it, also when partitions are added', () => {
    const router = forEver();
    router.learn([{ session: 'a', partition: 1, lastSeen: 5 }]);
    expect(draft(router, [0, 900, 0, 0], at(1e9, 'a', 'b')).to).toEqual([1, 0]);
  });

  it('is one session whatever the spelling of its key', () => {
    const router = forEver();
    const read = (json: string) => router.sessionOf(fields.read(Buffer.from(`{"session":${json}}`)));
    expect(read('1.0')).toBe(read('1'));
    expect(read('"1"')).toBe(read('1'));
    expect(read('"\\u0061"')).toBe(read('"a"'));
    expect(read('"b"')).not.toBe(read('"a"'));
    expect(read('null')).toBe(NO_SESSION);
    expect(router.sessionOf(fields.read(Buffer.from('{}')))).toBe(NO_SESSION);
  });

  it('that was idle for longer is new; for just as long it is not', () => {
    const router = new StickyRouter({ idleMicros: 10 });
    router.learn([{ session: 'a', partition: 1, lastSeen: 100 }]);
    expect(draft(router, [0, 9], at(110, 'a')).to).toEqual([1]);
    expect(draft(router, [0, 9], at(111, 'a')).to).toEqual([0]);
    expect(draft(router, [9, 0], [...at(105, 'a'), ...at(115, 'a'), ...at(126, 'a')]).to).toEqual([1, 1, 1]);
    expect(draft(router, [0, 9], [...at(105, 'a'), ...at(116, 'a')]).to).toEqual([1, 0]);
  });

  it('counts the events that went past it', () => {
    const router = forEver();
    router.begin([0, 0]);
    router.count(0);
    router.count(7);
    expect(router.assign(numberOf(router, 'a'), 1)).toBe(1);
  });
});

describe('a draft', () => {
  it('reports new sessions to the ledger once', () => {
    const { changes } = draft(forEver(), [0, 0], [...at(1, 'a', 'b'), ...at(7, 'a')]);
    expect(changes.pins).toEqual([
      { session: 'a', partition: 0, lastSeen: 1, lastSeenBefore: null },
      { session: 'b', partition: 1, lastSeen: 1, lastSeenBefore: null },
    ]);
  });

  it('renews a known session only where idle sessions end, and only when its time moved on', () => {
    const pins: Pin[] = [
      { session: 'a', partition: 1, lastSeen: 3 },
      { session: 'b', partition: 0, lastSeen: 8 },
    ];
    const ending = new StickyRouter({ idleMicros: 10 });
    ending.learn(pins);
    expect(draft(ending, [0, 0], at(8, 'a', 'b')).changes.pins).toEqual([
      { session: 'a', partition: 1, lastSeen: 8, lastSeenBefore: 3 },
    ]);
    const lasting = forEver();
    lasting.learn(pins);
    expect(draft(lasting, [0, 0], at(8, 'a', 'b')).changes).toEqual({
      pins: [],
      timeShiftMax: Number.POSITIVE_INFINITY,
    });
  });

  it('renews a pin only after a sixteenth of the idle time, and ends none before its time', () => {
    const pin: Pin = { session: 'a', partition: 1, lastSeen: 0 };
    const lastSeen = (time: number) => {
      const router = new StickyRouter({ idleMicros: 1600 });
      router.learn([pin]);
      const { to, changes } = draft(router, [0, 9], at(time, 'a'));
      return [to[0], changes.pins[0]?.lastSeen ?? null, changes.timeShiftMax];
    };
    expect(lastSeen(100)).toEqual([1, null, 0]);
    expect(lastSeen(101)).toEqual([1, 101, 1599]);
    expect(lastSeen(1700)).toEqual([1, 1700, 0]);
    expect(lastSeen(1701)).toEqual([0, 1701, Number.POSITIVE_INFINITY]);
  });

  it('that was not committed leaves no trace', () => {
    const router = forEver();
    draft(router, [0, 0], at(1, 'a', 'b'));
    expect(draft(router, [0, 0], at(1, 'b', 'a')).to).toEqual([0, 1]);
  });

  it('that was committed is known to the next', () => {
    const router = forEver();
    draft(router, [0, 0], at(1, 'a', 'b'));
    router.confirm(2);
    expect(draft(router, [9, 9], at(2, 'b', 'a'))).toEqual({
      to: [1, 0],
      changes: { pins: [], timeShiftMax: Number.POSITIVE_INFINITY },
    });
  });

  it('is rebuilt on the ledger’s answer to a conflict', () => {
    const router = forEver();
    expect(draft(router, [0, 0, 0], at(1, 'a', 'b')).to).toEqual([0, 1]);
    router.learn([{ session: 'a', partition: 2, lastSeen: 1 }]);
    const again = draft(router, [0, 0, 1], at(1, 'a', 'b'));
    expect(again.to).toEqual([2, 0]);
    expect(again.changes.pins).toEqual([{ session: 'b', partition: 0, lastSeen: 1, lastSeenBefore: null }]);
  });

  it('that was confirmed can be undone, with those confirmed after it', () => {
    const router = new StickyRouter({ idleMicros: 10 });
    router.learn([{ session: 'a', partition: 1, lastSeen: 0 }]);
    draft(router, [0, 0, 0], at(5, 'a', 'b'));
    const undos = [router.confirm(2)];
    draft(router, [9, 0, 0], at(20, 'a', 'b', 'c'));
    undos.push(router.confirm(3));
    for (const undo of undos.toReversed()) undo();
    const { to, changes } = draft(router, [0, 0, 0], at(6, 'b', 'a', 'c'));
    expect(to).toEqual([0, 1, 2]);
    expect(changes.pins.map(({ session, lastSeenBefore }) => [session, lastSeenBefore])).toEqual([
      ['b', null],
      ['a', 0],
      ['c', null],
    ]);
  });

  it('agrees with the ledger as long as each begins where the one before ended, and again when all is forgotten', () => {
    const router = forEver();
    const agreesAt = (head: number | null): number | null => {
      router.begin([0, 0], head);
      router.assign(numberOf(router, 'a'), 1);
      return router.changes().agreesAt;
    };
    expect(agreesAt(7)).toBe(7);
    // built again, on the same head
    expect(agreesAt(7)).toBe(7);
    const undoFirst = router.confirm(3);
    expect(agreesAt(10)).toBe(10);
    const undoSecond = router.confirm(2);
    undoSecond();
    undoFirst();
    expect(agreesAt(7)).toBe(7);
    router.confirm(3);
    // others have committed an event
    expect(agreesAt(11)).toBe(null);
    router.confirm(1);
    expect(agreesAt(12)).toBe(null);
    router.forget();
    expect(agreesAt(12)).toBe(12);
    router.confirm(1);
    expect(agreesAt(null)).toBe(null);
  });

  it('asks for each session once, and for none as long as there are no pins by others', () => {
    const router = forEver();
    for (const session of ['a', 'b', 'a']) numberOf(router, session);
    expect(router.takeUnasked()).toEqual(['a', 'b']);
    expect(router.takeUnasked()).toEqual([]);
    router.assumeNone();
    numberOf(router, 'c');
    expect(router.takeUnasked()).toEqual([]);
    router.learn([{ session: 'c', partition: 0, lastSeen: 1 }]);
    numberOf(router, 'd');
    expect(router.takeUnasked()).toEqual(['d']);
    router.forget();
    numberOf(router, 'a');
    expect(router.takeUnasked()).toEqual(['a']);
  });
});

describe('laws', () => {
  /** The rule in its plainest words: no columns, no numbers, no drafts. */
  function plainly(
    pins: readonly Pin[],
    counts: readonly number[],
    all: readonly Seen[],
    idleMicros: number | null,
  ): number[] {
    const known = new Map(pins.map((pin) => [pin.session, { ...pin }]));
    const load = [...counts];
    const { renewedAfter, endsAfter } = idleRule(idleMicros);
    return all.map(({ session, time }) => {
      const pin = known.get(session);
      const stays = pin !== undefined && time - pin.lastSeen <= endsAfter;
      const partition = stays ? pin.partition : load.indexOf(Math.min(...load));
      if (!stays || time - pin.lastSeen > renewedAfter) known.set(session, { session, partition, lastSeen: time });
      load[partition] = (load[partition] ?? 0) + 1;
      return partition;
    });
  }

  const pins = fc.uniqueArray(
    fc.record({
      session: fc.constantFrom(...'abcdefghij'),
      partition: fc.nat(7),
      lastSeen: fc.integer({ min: -300, max: 0 }),
    }),
    {
      selector: ({ session }) => session,
    },
  );

  it('a draft is what the plain rule says, whatever drafts were thrown away before', () => {
    fc.assert(
      fc.property(
        pins,
        loads,
        events,
        idle,
        fc.array(fc.tuple(loads, events), { maxLength: 3 }),
        (known, counts, all, idleMicros, thrownAway) => {
          const router = new StickyRouter({ idleMicros });
          router.learn(known);
          for (const [others, some] of thrownAway) draft(router, others, some);
          const eight = Array.from({ length: 8 }, (_, id) => counts[id] ?? 0);
          expect(draft(router, eight, all).to).toEqual(plainly(known, eight, all, idleMicros));
        },
      ),
      { numRuns: quick(400, 1000) },
    );
  });

  it('many drafts, each passed to a new process only by its changes, decide as one long draft does', () => {
    fc.assert(
      fc.property(loads, events, idle, fc.array(fc.nat(60), { maxLength: 5 }), (counts, all, idleMicros, cuts) => {
        const ends = [...cuts.toSorted((one, other) => one - other), all.length];
        const stored = new Map<string, Pin>();
        const load = [...counts];
        const reached = ends.flatMap((end, nth) => {
          const router = new StickyRouter({ idleMicros });
          router.learn(stored.values());
          const { to, changes } = draft(router, load, all.slice(ends[nth - 1] ?? 0, end));
          for (const pin of changes.pins) stored.set(pin.session, pin);
          for (const partition of to) load[partition] = (load[partition] ?? 0) + 1;
          return to;
        });
        expect(reached).toEqual(draft(new StickyRouter({ idleMicros }), counts, all).to);
      }),
      { numRuns: quick(200, 500) },
    );
  });

  it('a draft of one time that is shifted within its limit decides as if it had come later', () => {
    fc.assert(
      fc.property(
        pins,
        fc.array(fc.constantFrom(...'abcdefghij'), { maxLength: 12 }),
        fc.integer({ min: 1, max: 400 }),
        fc.nat(40),
        (known, sessions, idleMicros, timeShift) => {
          const made = (time: number) => {
            const router = new StickyRouter({ idleMicros });
            router.learn(known);
            return draft(router, [0, 0, 0, 0, 0, 0, 0, 0], at(time, ...sessions));
          };
          const early = made(5);
          fc.pre(timeShift <= early.changes.timeShiftMax);
          const late = made(5 + timeShift);
          expect(late.to).toEqual(early.to);
          expect(late.changes.pins).toEqual(
            early.changes.pins.map((pin) => ({ ...pin, lastSeen: pin.lastSeen + timeShift })),
          );
        },
      ),
      { numRuns: quick(400, 1000) },
    );
  });

  it('adding partitions moves no session that is pinned forever', () => {
    fc.assert(
      fc.property(loads, events, fc.integer({ min: 1, max: 5 }), (counts, all, added) => {
        const router = forEver();
        const before = draft(router, counts, all);
        router.confirm(all.length);
        const after = draft(router, [...counts, ...new Array<number>(added).fill(0)], all);
        expect(after.to).toEqual(before.to);
        expect(after.changes.pins).toEqual([]);
      }),
    );
  });

  it('sessions of one event each keep the loads within one of one another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 0, max: 2000 }), (partitions, sessions) => {
        const { to } = draft(
          forEver(),
          new Array<number>(partitions).fill(0),
          Array.from({ length: sessions }, (_, nth) => ({ session: `s${nth}`, time: nth })),
        );
        const load = new Array<number>(partitions).fill(0);
        for (const partition of to) load[partition] = (load[partition] ?? 0) + 1;
        expect(Math.max(...load) - Math.min(...load)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50 },
    );
  });
});
