/**
 * Pins of large commits are stored as runs, and compacted or merged into the table of sessions later: by what an emitter does with sessions that is the same as one row for
 * each session, also after a crash, when the ledger is opened again, and with other writers in between.
 */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Completengine, stickyBy } from '../../src/index.ts';
import { ledgerPath, openEngine } from '../support/engines.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import {
  expectPinnedForEver,
  type StoredPin,
  storedPins,
  storedRuns,
  storedSessions,
  tamper,
} from '../support/sessions.ts';
import { quick } from '../support/test-size.ts';

const PARTITIONS = 3;
const IDLE = 16_000_000;
const SESSIONS = Array.from({ length: 40 }, (_, nth) => `session ${nth} ${nth % 3 === 0 ? 'ü' : ''}`);
const sessionOf = (payload: string): string => String((JSON.parse(payload) as { s: string }).s);

interface Event {
  readonly s: string;
  /** Milliseconds. */
  readonly t: number;
}

/** The rule of docs/ROUTING.md, with a row for each session. */
class Model {
  readonly pins = new Map<string, { partition: number; lastSeen: number }>();
  readonly places: number[] = [];
  readonly #loads = new Array<number>(PARTITIONS).fill(0);
  readonly #idle: number;
  #time = 0;

  constructor(idle: number) {
    this.#idle = idle;
  }

  take({ s, t }: Event): void {
    this.#time = Math.max(this.#time, t * 1000);
    const step = Math.floor(this.#idle / 16);
    const pin = this.pins.get(s);
    const rest = this.#time - (pin?.lastSeen ?? 0);
    const isNew = pin === undefined || rest > this.#idle + step;
    const partition = isNew ? this.#loads.indexOf(Math.min(...this.#loads)) : pin.partition;
    if (isNew || rest > step) this.pins.set(s, { partition, lastSeen: this.#time });
    this.#loads[partition] = (this.#loads[partition] as number) + 1;
    this.places.push(partition);
  }

  stored(): StoredPin[] {
    return [...this.pins]
      .map(([session, { partition, lastSeen }]) => ({
        session,
        partition: `p${partition}`,
        last_seen: this.#idle === Number.POSITIVE_INFINITY ? null : lastSeen,
      }))
      .sort((one, other) => (one.session < other.session ? -1 : 1));
  }
}

const step = fc.record({
  sessions: fc.array(fc.constantFrom(...SESSIONS), { minLength: 1, maxLength: 60 }),
  pauseMs: fc.constantFrom(0, 900, 1100, 15_900, 17_100),
  /** What happens before the step. `crash`: as a kill leaves the files. */
  before: fc.constantFrom('nothing', 'nothing', 'reopen', 'crash'),
  way: fc.constantFrom('list', 'stream', 'atomic'),
  /** From 16 KiB on the kernel reads a chunk. */
  padBytes: fc.constantFrom(0, 1000),
});

async function* pieces(text: string): AsyncGenerator<string> {
  yield text;
}

async function emitBy(way: string, engine: Completengine, events: readonly Event[]): Promise<void> {
  if (way === 'list') await engine.emit([...events]);
  else {
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    await engine.ingest([{ name: 'stream', open: () => pieces(text) }], { atomic: way === 'atomic' });
  }
}

/** The files of a ledger that is open, as a kill would leave them: commits are in the `-wal`. */
function copyOf(ledger: string): string {
  const copy = ledgerPath();
  // not by this process: it would lose its locks when it closes the file
  for (const suffix of ['', '-wal'])
    if (existsSync(ledger + suffix)) execFileSync('cp', [ledger + suffix, copy + suffix]);
  return copy;
}

test.each([
  ['forever', undefined],
  ['until they are idle', '16s'],
])('sessions keep their partitions %s as by the rule, and the stored pins are those of the rule', async (_, idle) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 9 }), async (steps) => {
      let ledger = ledgerPath();
      const open = () => openEngine({ ledger, routing: stickyBy('s', { idle }), partitions: PARTITIONS, time: 't' });
      const model = new Model(idle === undefined ? Number.POSITIVE_INFINITY : IDLE);
      let engine = await open();
      let t = 1_700_000_000_000;
      let lastWay = 'list';
      for (const { sessions, pauseMs, before, way, padBytes } of steps) {
        // its single events would count the loads as of the last one before the stream
        const isStale = way === 'list' && lastWay !== 'list';
        lastWay = way;
        if (before !== 'nothing' || isStale) {
          if (before === 'crash') ledger = copyOf(ledger);
          await engine.close();
          engine = await open();
        }
        t += pauseMs;
        const events = sessions.map((s, nth) => ({ s, t: t + nth, pad: 'x'.repeat(padBytes) }));
        t += sessions.length;
        for (const event of events) model.take(event);
        await emitBy(way, engine, events);
        expect(storedPins(ledger)).toEqual(model.stored());
      }
      expect(storedEvents(ledger).map(({ partition }) => partition)).toEqual(model.places.map((n) => `p${n}`));
      expect((await engine.inspect()).sessions).toBe(model.pins.size);
      await engine.verify();
      await engine.close();
    }),
    { numRuns: quick(6, 100) },
  );
});

const shared = fc.record({
  engine: fc.nat(2),
  sessions: fc.array(fc.constantFrom(...SESSIONS), { minLength: 1, maxLength: 60 }),
  pauseMs: fc.constantFrom(0, 900, 1100, 17_100),
  way: fc.constantFrom('list', 'stream', 'atomic'),
});

test.each([
  ['forever', undefined],
  ['until they are idle', '16s'],
])('several emitters of large commits agree on each session %s', async (_, idle) => {
  await fc.assert(
    fc.asyncProperty(fc.array(shared, { minLength: 2, maxLength: 14 }), async (steps) => {
      const ledger = ledgerPath();
      const options = { ledger, routing: stickyBy('s', { idle }), partitions: PARTITIONS, time: 't' };
      const engines = await Promise.all([openEngine(options), openEngine(options), openEngine(options)]);
      let t = 1_700_000_000_000;
      for (const { engine, sessions, pauseMs, way } of steps) {
        t += pauseMs;
        await emitBy(
          way,
          engines[engine] as Completengine,
          sessions.map((s) => ({ s, t })),
        );
      }
      // it derives the pins from the events
      await expectSoundLedger(ledger);
      if (idle === undefined) await expectPinnedForEver(ledger, sessionOf);
      for (const engine of engines) await engine.close();
    }),
    { numRuns: quick(6, 100) },
  );
});

test.each([
  // the same sessions again and again: each run has twelve of forty
  ['compacted where sessions are renewed', (nth: number) => nth % 20, 0],
  ['merged into the table where they are others', (nth: number) => nth * 12, 1000],
])('many runs are %s, and another emitter sees the same pins before and after', async (_, firstOf, rowsMin) => {
  const ledger = ledgerPath();
  const options = { ledger, routing: stickyBy('s', { idle: '16s' }), partitions: PARTITIONS, time: 't' };
  const model = new Model(IDLE);
  const [engine, other] = [await openEngine(options), await openEngine(options)];
  let t = 1_700_000_000_000;
  const runs: number[] = [];
  for (let nth = 0; nth < 150; nth++) {
    const by = nth % 10 === 9 ? other : engine;
    // so that the loads it counts are not those of its last commit
    if (by === other) await other.emit([{ s: SESSIONS[0], t }]);
    if (by === other) model.take({ s: SESSIONS[0] as string, t });
    const first = firstOf(nth);
    const events = Array.from({ length: 12 }, (_, at) => ({ s: SESSIONS[first + at] ?? `other ${first + at}`, t }));
    await by.emit(events);
    for (const event of events) model.take(event);
    runs.push(storedRuns(ledger));
    t += 1100;
  }
  expect(Math.max(...runs)).toBeGreaterThan(100);
  expect(runs.at(-1)).toBeLessThan(100);
  expect(storedSessions(ledger) > 0).toBe(rowsMin > 0);
  expect(storedSessions(ledger)).toBeGreaterThanOrEqual(rowsMin);
  expect(storedPins(ledger).map(({ session, last_seen }) => [session, last_seen])).toEqual(
    model.stored().map(({ session, last_seen }) => [session, last_seen]),
  );
  expect((await other.inspect()).sessions).toBe(model.pins.size);
  await other.verify();
});

test.each([
  ['a run that is gone', 'DELETE FROM recent_sessions WHERE first_sequence = 1'],
  ['another time from which a run counts', 'UPDATE recent_sessions SET from_time = from_time + 1'],
  ['another epoch', 'UPDATE recent_sessions SET epoch = epoch + 1'],
  ['no time', 'UPDATE recent_sessions SET from_time = NULL'],
  ['a time that cannot be', 'UPDATE recent_sessions SET from_time = 9007199254740991'],
  ['a run that ends early', 'UPDATE recent_sessions SET pins = substr(pins, 1, length(pins) - 1)'],
  ['a key that is longer than the run', "UPDATE recent_sessions SET pins = x'ff7f00'"],
  ['a number without an end', "UPDATE recent_sessions SET pins = x'ffffffffffffffffffffff'"],
  ['an empty run', "UPDATE recent_sessions SET pins = x''"],
  ['another session', "UPDATE recent_sessions SET pins = CAST(replace(pins, 'session 1', 'session 9') AS BLOB)"],
])('verification finds %s', async (_, sql) => {
  const ledger = ledgerPath();
  const options = { ledger, routing: stickyBy('s', { idle: '16s' }), partitions: PARTITIONS, time: 't' };
  const engine = await openEngine(options);
  await engine.emit(SESSIONS.slice(0, 20).map((s) => ({ s, t: 1_700_000_000_000 })));
  expect(storedRuns(ledger)).toBe(1);
  await engine.verify();
  tamper(ledger, sql);
  await expect(engine.verify()).rejects.toMatchObject({ code: 'VERIFICATION_FAILED' });
});
