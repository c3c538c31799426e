/**
 * Sticky sessions through the library: pins are created, stored and verified; several engines agree on them; splitting
 * an input differently changes nothing.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Completengine, formats, stickyBy } from '../../src/index.ts';
import { FakeClock, failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { expectPinnedForEver, expectPinnedWhileAwake, storedPins, tamper } from '../support/sessions.ts';
import { quick } from '../support/test-size.ts';

const SECOND = 1_000_000;
const sessionOf = (payload: string): string => String((JSON.parse(payload) as { s: string }).s);
const placesOf = (ledger: string) => storedEvents(ledger).map(({ partition }) => partition);

async function* pieces(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

describe('a session', () => {
  test('goes to the least loaded partition and stays there, also for an engine that opens the ledger later', async () => {
    const ledger = ledgerPath();
    const options = { ledger, routing: stickyBy('s'), partitions: 3 };
    const first = await openEngine(options);
    await first.emit([{ s: 'a' }, { s: 'a' }, { s: 'b' }, { s: 'c' }]);
    await first.emit({ s: 'd' });
    await first.close();
    const second = await openEngine(options);
    const receipts = await second.emit([{ s: 'a' }, { s: 'b' }, { s: 'd' }, { s: 'e' }]);
    expect(placesOf(ledger).slice(0, 5)).toEqual(['p0', 'p0', 'p1', 'p2', 'p1']);
    expect(receipts.map(({ partition }) => partition)).toEqual(['p0', 'p1', 'p1', 'p2']);
    expect(storedPins(ledger)).toEqual(
      Object.entries({ a: 'p0', b: 'p1', c: 'p2', d: 'p1', e: 'p2' }).map(([session, partition]) => ({
        session,
        partition,
        last_seen: null,
      })),
    );
    await expectPinnedForEver(ledger, sessionOf);
  });

  test('that was idle for too long by ledger time is new, and the clock has no say in it', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: stickyBy('s', { idle: '16s' }), partitions: 2, time: 't' });
    const at = (s: string, t: number) => engine.emit({ s, t });
    await at('a', 1000);
    for (const t of [1000, 1016, 1033]) await at('b', t);
    // a was seen 33 s ago, which is more than 17, and p0 has fewer events
    await at('a', 1033);
    await at('b', 1050);
    await at('a', 1051);
    expect(placesOf(ledger)).toEqual(['p0', 'p1', 'p1', 'p1', 'p0', 'p1', 'p0']);
    await at('b', 1068);
    // 18 s: a new session, where it is emptier
    expect(placesOf(ledger).at(-1)).toBe('p0');
    expectPinnedWhileAwake(await expectSoundLedger(ledger), 16 * SECOND, sessionOf);
  });

  test('without a key is a bad line, or goes where the routing says and makes no pin', async () => {
    const strict = await openEngine({ routing: stickyBy('s') });
    await failureOf(() => strict.emit({ t: 1 }), 'BAD_LINE');
    const ledger = ledgerPath();
    const lenient = await openEngine({ ledger, routing: stickyBy('s', { missing: 'rest' }), partitions: 2 });
    await lenient.emit([{ s: 'a' }, { t: 1 }, { s: null }, { s: 'b' }]);
    expect(placesOf(ledger)).toEqual(['p0', 'rest', 'rest', 'p1']);
    expect(storedPins(ledger).map(({ session }) => session)).toEqual(['a', 'b']);
    await expectSoundLedger(ledger);
  });

  test('makes no pin with an event that is not taken', async () => {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: stickyBy('s'), partitions: 4, unique: 'id' });
    await engine.emit([{ s: 'a', id: 1 }]);
    await failureOf(
      () =>
        engine.emit([
          { s: 'b', id: 2 },
          { s: 'c', id: 1 },
        ]),
      'ID_CONFLICT',
    );
    await failureOf(
      () => engine.ingest([{ name: 'x', open: () => pieces('{"s":"d","id":3}\n{"s":"e"}\n') }], { atomic: true }),
      'BAD_LINE',
    );
    expect(storedPins(ledger).map(({ session }) => session)).toEqual(['a']);
    expect((await engine.emit({ s: 'c', id: 4 })).partition).toBe('p1');
    await expectPinnedForEver(ledger, sessionOf);
  });
});

describe('several engines', () => {
  test('meet a session at the same time and agree on its partition', async () => {
    const ledger = ledgerPath();
    const options = { ledger, routing: stickyBy('s'), partitions: 4 };
    const engines = await Promise.all([openEngine(options), openEngine(options), openEngine(options)]);
    // each has seen the ledger empty
    await Promise.all(engines.map((engine, n) => engine.emit({ s: `own ${n}` })));
    const receipts = await Promise.all(engines.map((engine) => engine.emit([{ s: 'x' }, { s: 'y' }, { s: 'z' }])));
    for (const delivered of receipts)
      expect(delivered.map(({ partition }) => partition)).toEqual(receipts[0]?.map(({ partition }) => partition));
    await expectPinnedForEver(ledger, sessionOf);
  });

  test('place new sessions by the events of all of them', async () => {
    const options = { ledger: ledgerPath(), routing: stickyBy('s'), partitions: 2 };
    const [one, other] = [await openEngine(options), await openEngine(options)];
    await one.emit({ s: 'a' });
    await other.emit(Array.from({ length: 9 }, () => ({ s: 'b' })));
    await one.emit({ s: 'a' });
    // it learned from the last commit that p1 holds nine
    expect((await one.emit({ s: 'c' })).partition).toBe('p0');
  });

  test('whose clocks are apart end no session too early, nor too late', async () => {
    const [clock, behind] = [new FakeClock(), new FakeClock()];
    const ledger = ledgerPath();
    const options = { ledger, routing: stickyBy('s', { idle: '16s' }), partitions: 2 };
    const [one, other] = [await openEngine({ ...options, clock }), await openEngine({ ...options, clock: behind })];
    await other.emit([{ s: 'a' }, { s: 'a' }, { s: 'a' }, { s: 'a' }]);
    behind.micros += 10 * SECOND;
    clock.micros += 40 * SECOND;
    await one.emit({ s: 'b' });
    // ten seconds by its own clock, and forty by the ledger's: a new session, and p1 is emptier
    expect((await other.emit({ s: 'a' })).partition).toBe('p1');
    clock.micros += 10 * SECOND;
    await one.emit({ s: 'b' });
    // not a moment later by its own clock, and ten seconds by the ledger's: the same session, seen again
    const { time } = await other.emit({ s: 'a' });
    expect(time).toBe(clock.micros);
    expect(storedPins(ledger).find(({ session }) => session === 'a')).toEqual({
      session: 'a',
      partition: 'p1',
      last_seen: time,
    });
    expectPinnedWhileAwake(await expectSoundLedger(ledger), 16 * SECOND, sessionOf);
  });

  const step = fc.record({
    engine: fc.nat(2),
    sessions: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 4 }),
    way: fc.constantFrom('single', 'list', 'stream', 'atomic', 'to', 'key'),
    pauseMs: fc.constantFrom(0, 1, 900, 1100, 5000),
  });

  test.each([
    ['with no idle limit, as they arrive', undefined, undefined],
    ['with no idle limit, with times of their own', undefined, 't'],
    ['until they are idle, as they arrive', '1s', undefined],
    ['until they are idle, with times of their own', '1s', 't'],
  ])('keep sessions where they are %s, whichever way the events are emitted', async (_, idle, time) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const clock = new FakeClock();
        const ledger = ledgerPath();
        const options = { ledger, clock, routing: stickyBy('s', { idle }), partitions: 3, time };
        const engines = await Promise.all([openEngine(options), openEngine(options), openEngine(options)]);
        for (const { engine: at, sessions, way, pauseMs } of steps) {
          // the clocks of processes are not quite one
          clock.micros += pauseMs * 1000 - 300;
          const t = Math.floor(clock.micros / 1000);
          await emitBy(way, engines[at] as Completengine, sessions, t);
        }
        const events = await expectSoundLedger(ledger);
        const routed = events.filter(({ payload }) => !payload.includes('"to":true'));
        if (idle === undefined) {
          const places = new Map(routed.map(({ payload, partition }) => [sessionOf(payload), partition]));
          for (const { payload, partition } of routed) expect(partition).toBe(places.get(sessionOf(payload)));
        } else {
          expectPinnedWhileAwake(routed, SECOND, sessionOf);
        }
        for (const engine of engines) await engine.close();
      }),
      { numRuns: quick(10, 40) },
    );
  });
});

async function emitBy(way: string, engine: Completengine, sessions: readonly string[], t: number): Promise<void> {
  const events = sessions.map((s) => ({ s, t }));
  const stream = () => [
    { name: 'stream', open: () => pieces(events.map((event) => `${JSON.stringify(event)}\n`).join('')) },
  ];
  switch (way) {
    case 'list':
      await engine.emit(events);
      break;
    case 'stream':
      await engine.ingest(stream());
      break;
    case 'atomic':
      await engine.ingest(stream(), { atomic: true });
      break;
    case 'to':
      await engine.emit({ ...events[0], to: true }, { to: 'p2' });
      break;
    case 'key':
      await engine.emit({ s: events[0]?.s, t, n: 1 }, { key: String(events[0]?.s) });
      break;
    default:
      await Promise.all(events.map((event) => engine.emit(event)));
  }
}

describe('the same input', () => {
  test.each([[undefined], ['2s']])('makes the same pins however it is cut, idle %s', async (idle) => {
    const input = fc.array(
      fc.record({ s: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), gapMs: fc.constantFrom(0, 10, 1500, 2100, 9000) }),
      { maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(input, fc.array(fc.nat(25), { maxLength: 4 }), async (all, cuts) => {
        const timeOf = (nth: number) =>
          all.slice(0, nth + 1).reduce((sum, { gapMs }) => sum + gapMs, 1_700_000_000_000);
        const events = all.map(({ s }, nth) => ({ s, t: timeOf(nth) }));
        const made = async (ends: readonly number[]) => {
          const ledger = ledgerPath();
          const engine = await openEngine({ ledger, routing: stickyBy('s', { idle }), partitions: 3, time: 't' });
          for (const [nth, end] of ends.entries()) await engine.emit(events.slice(ends[nth - 1] ?? 0, end));
          await engine.close();
          return [placesOf(ledger), storedPins(ledger)];
        };
        const whole = await made([events.length]);
        expect(
          await made([
            ...cuts.filter((cut) => cut < events.length).toSorted((one, other) => one - other),
            events.length,
          ]),
        ).toEqual(whole);
      }),
      { numRuns: quick(8, 30) },
    );
  });

  test('makes the same pins again from envelopes of the ledger', async () => {
    const [ledger, copy] = [ledgerPath(), ledgerPath()];
    const options = { routing: stickyBy('s', { idle: '1m' }), partitions: 5, time: 't' };
    const engine = await openEngine({ ledger, ...options });
    for (let n = 0; n < 30; n++)
      await engine.emit(Array.from({ length: 7 }, (_, at) => ({ s: (n * at * at) % 11, t: 1_700_000_000 + n * 20 })));
    const envelopes: string[] = [];
    for await (const { time, payload } of engine.replay()) envelopes.push(`{"time":${time},"payload":${payload}}\n`);
    await (await openEngine({ ledger: copy, ...options })).ingest(
      [{ name: 'envelopes', open: () => pieces(...envelopes) }],
      { format: formats.envelope },
    );
    expect(placesOf(copy)).toEqual(placesOf(ledger));
    expect(storedPins(copy)).toEqual(storedPins(ledger));
  });
});

describe('verification', () => {
  async function pinnedLedger(idle?: string): Promise<{ ledger: string; engine: Completengine }> {
    const ledger = ledgerPath();
    const engine = await openEngine({ ledger, routing: stickyBy('s', { idle }), partitions: 3, time: 't' });
    await engine.emit(['a', 'b', 'c', 'a'].map((s, t) => ({ s, t: 1_700_000_000 + t })));
    await engine.emit([{ s: 'nobody', t: 1_700_000_010 }], { to: 'p2' });
    await engine.verify();
    return { ledger, engine };
  }

  test.each([
    ['a pin that leads elsewhere', "UPDATE sessions SET partition = 2 WHERE session = 'a'"],
    ['a pin that is gone', "DELETE FROM sessions WHERE session = 'b'"],
    ['a pin of nobody', "INSERT INTO sessions VALUES ('d', 1, NULL, 1)"],
    ['a pin of a session that was only sent somewhere', "INSERT INTO sessions VALUES ('nobody', 2, NULL, 1)"],
    ['another session', "UPDATE sessions SET session = 'B' WHERE session = 'b'"],
    ['another epoch', "UPDATE sessions SET epoch = 0 WHERE session = 'c'"],
    ['a time where none counts', "UPDATE sessions SET last_seen = 1 WHERE session = 'c'"],
    ['no table', 'DELETE FROM sessions'],
  ])('finds %s', async (_, sql) => {
    const { ledger, engine } = await pinnedLedger();
    tamper(ledger, sql);
    const error = await failureOf(() => engine.verify(), 'VERIFICATION_FAILED');
    expect(error.message).toMatch(/the chain is intact, but the pins of sessions are not/);
  });

  test('finds another time at which a session was seen', async () => {
    const { ledger, engine } = await pinnedLedger('1m');
    tamper(ledger, "UPDATE sessions SET last_seen = last_seen + 1 WHERE session = 'a'");
    await failureOf(() => engine.verify(), 'VERIFICATION_FAILED');
  });

  test('finds that a commit was not sent where it says', async () => {
    const { ledger, engine } = await pinnedLedger();
    tamper(ledger, 'UPDATE commits SET sent_to = NULL WHERE sent_to IS NOT NULL');
    await failureOf(() => engine.verify(), 'VERIFICATION_FAILED');
  });

  test('a pin that leads nowhere stops an emission before it writes', async () => {
    const { ledger } = await pinnedLedger();
    tamper(ledger, "UPDATE sessions SET partition = 99 WHERE session = 'a'");
    const engine = await openEngine({ ledger });
    await failureOf(() => engine.emit({ s: 'a', t: 1_700_000_020 }), 'DAMAGED_LEDGER');
    expect((await engine.head()).sequence).toBe(5);
  });
});
