/**
 * Every way to read, against rows that were deleted or altered from outside the engine. No read may run endlessly,
 * deliver an event twice or deliver another one instead. It ends with all committed events, or with VERIFICATION_FAILED
 * after a part of them.
 */

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Completengine, LedgerError, placedBy } from '../../src/index.ts';
import { ledgerPath, openEngine } from '../support/engines.ts';
import { compressedFrames } from '../support/raw-ledger.ts';
import { quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';

const START = Date.UTC(2026, 3, 12);
const PARTITIONS = ['a', 'b', 'c'];
/** Partition b has large events, whose frames are compressed. By sequence; an inner list is one commit. The third partition begins with the second epoch, at sequence 9. */
const COMMITS = [['a'], ['b'], ['a'], ['b', 'a', 'b'], ['a'], ['b'], ['c', 'a'], ['b'], ['c']];
const EVENTS = COMMITS.flat().map((to, at) => ({
  sequence: at + 1,
  to,
  payload: JSON.stringify({ to, n: at + 1, t: START + at * 1000, ...(to === 'b' ? { pad: 'x'.repeat(600) } : {}) }),
}));
/** The largest body that a frame may have, in a soak; every path expands it. */
const BOMB_BLOCKS = quick(64, 512);
/** As its header declares it: four bytes, the lowest first. */
const BOMB_SIZE = quick('00008000', '00000004');
/** More than a path may deliver of so few events, however often it comes back to them. */
const BOUND = EVENTS.length * 3;

let directory: string;
let template: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'completengine-test-'));
  template = join(directory, 'template.codex');
  const engine = await Completengine.open({
    ledger: template,
    routing: placedBy('to'),
    partitions: ['a', 'b'],
    time: 't',
    compression: 'zstd',
  });
  let sequence = 0;
  for (const commit of COMMITS) {
    if (sequence === 8) await engine.partitioning.add(['c']);
    await engine.emit(commit.map(() => JSON.parse((EVENTS[sequence++] as (typeof EVENTS)[number]).payload)));
  }
  await (await engine.subscribe({ group: 'g', until: { limit: 1 } }, () => {})).finished;
  await engine.close();
  expect(compressedFrames(template)).toBe(COMMITS.filter((commit) => commit.includes('b')).length);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Delivered {
  readonly sequence: number;
  readonly payload: string;
}

type Collect = (event: { readonly sequence: number; readonly payload: Buffer }) => void;

interface Path {
  /** The events it delivers of a sound ledger. */
  readonly wanted: (event: (typeof EVENTS)[number]) => boolean;
  readonly run: (engine: Completengine, collect: Collect) => Promise<void>;
  /** In partitions, not in sequence order. */
  readonly isByPartition?: boolean;
  /**
   * It reads one partition at a time and checks no hash: what {@link Damage.isHidden} describes is not detected there.
   */
  readonly seesOnePartition?: boolean;
}

async function collectAll(
  events: AsyncIterable<{ readonly sequence: number; readonly payload: Buffer }>,
  collect: Collect,
): Promise<void> {
  for await (const event of events) collect(event);
}

const everything = (): boolean => true;
const inB = ({ to }: { to: string }): boolean => to === 'b';
const timeOf = (sequence: number): string => new Date(START + (sequence - 1) * 1000).toISOString();

const PATHS: Readonly<Record<string, Path>> = {
  'strict replay': {
    wanted: everything,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'strict' }), collect),
  },
  'relaxed replay': {
    wanted: everything,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'relaxed' }), collect),
  },
  'strict replay from a sequence': {
    wanted: ({ sequence }) => sequence >= 3,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'strict', fromSequence: 3 }), collect),
  },
  'relaxed replay from within a commit': {
    wanted: ({ sequence }) => sequence >= 5,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'relaxed', fromSequence: 5 }), collect),
  },
  'strict replay from within a commit': {
    wanted: ({ sequence }) => sequence >= 5,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'strict', fromSequence: 5 }), collect),
  },
  'strict replay between two times': {
    wanted: ({ sequence }) => sequence >= 3 && sequence <= 8,
    run: (engine, collect) =>
      collectAll(engine.replay({ determinism: 'strict', from: timeOf(3), through: timeOf(8) }), collect),
  },
  'relaxed replay from a time': {
    wanted: ({ sequence }) => sequence >= 3,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'relaxed', from: timeOf(3) }), collect),
  },
  'strict replay of a partition': {
    wanted: inB,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'strict', partitions: ['b'] }), collect),
  },
  'relaxed replay of a partition': {
    wanted: inB,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'relaxed', partitions: ['b'] }), collect),
    seesOnePartition: true,
  },
  'strict replay of a key': {
    wanted: inB,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'strict', key: 'b' }), collect),
  },
  'strict replay with a condition': {
    wanted: inB,
    run: (engine, collect) => collectAll(engine.replay({ determinism: 'strict', where: 'to=b' }), collect),
  },
  'replay that is awaited': {
    wanted: everything,
    run: async (engine, collect) => {
      await engine.subscribe({}, (delivery) => [...delivery].forEach(collect));
      await engine.replay({ determinism: 'strict' });
    },
  },
  'replay into another ledger': {
    wanted: everything,
    run: async (engine, collect) => {
      const target = await openEngine({ routing: placedBy('to'), partitions: PARTITIONS, time: 't' });
      try {
        await engine.replayInto(target, { determinism: 'strict' });
      } finally {
        for await (const { payload } of target.replay())
          collect({ sequence: Number(JSON.parse(payload.toString()).n), payload });
      }
    },
  },
  'tail from the start': {
    wanted: everything,
    run: (engine, collect) => collectAll(engine.tail({ from: 'start' }), collect),
  },
  'tail of the last five': {
    wanted: ({ sequence }) => sequence > EVENTS.length - 5,
    run: (engine, collect) => collectAll(engine.tail({ last: 5 }), collect),
  },
  'tail of a partition': {
    wanted: inB,
    run: (engine, collect) => collectAll(engine.tail({ from: 'start', partitions: ['b'] }), collect),
    seesOnePartition: true,
  },
  'tail of the last matches': {
    wanted: inB,
    run: (engine, collect) => collectAll(engine.tail({ last: EVENTS.length, where: 'to=b' }), collect),
  },
  'a follower': {
    wanted: everything,
    run: async (engine, collect) => {
      const end = new AbortController();
      let delivered = 0;
      for await (const event of engine.tail({ from: 'start', follow: true, signal: end.signal })) {
        collect(event);
        if (++delivered === EVENTS.length) end.abort();
      }
    },
  },
  'single events': {
    wanted: everything,
    run: async (engine, collect) => {
      for (const { sequence } of EVENTS) collect(await engine.event(sequence));
    },
  },
  'a live subscriber': {
    wanted: everything,
    run: async (engine, collect) => {
      let delivered = 0;
      const onEvent: Collect = (event) => {
        collect(event);
        delivered++;
      };
      const subscription = await engine.subscribe({ from: 'start' }, (delivery) => [...delivery].forEach(onEvent));
      let isOver = false;
      const finished = subscription.finished.finally(() => {
        isOver = true;
      });
      finished.catch(() => {});
      await until(() => isOver || delivered >= EVENTS.length);
      await subscription.close();
      await finished;
    },
  },
  'a group': {
    wanted: everything,
    isByPartition: true,
    seesOnePartition: true,
    run: async (engine, collect) => {
      await (
        await engine.subscribe({ group: 'new', until: { head: true } }, (delivery) => [...delivery].forEach(collect))
      ).finished;
    },
  },
};

interface Damage {
  readonly sql: string;
  /** The rows of one partition do not show it: its end is gone, or there is a frame too many. */
  readonly isHidden?: boolean;
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  'a commit is gone': { sql: 'DELETE FROM commits WHERE first_sequence = 2' },
  'the first commit is gone': { sql: 'DELETE FROM commits WHERE first_sequence = 1' },
  'a large commit is gone': { sql: 'DELETE FROM commits WHERE first_sequence = 4' },
  'the last commit is gone': { sql: 'DELETE FROM commits WHERE first_sequence = 12', isHidden: true },
  'two commits are gone': { sql: 'DELETE FROM commits WHERE first_sequence IN (2, 3)' },
  'all commits are gone': { sql: 'DELETE FROM commits', isHidden: true },
  'a commit is far away': { sql: 'UPDATE commits SET first_sequence = 1000 WHERE first_sequence = 3' },
  'the last commit is far away': { sql: 'UPDATE commits SET first_sequence = 1000 WHERE first_sequence = 12' },
  'a commit begins later': { sql: 'UPDATE commits SET first_sequence = 5 WHERE first_sequence = 4' },
  'a commit begins before the first': { sql: 'UPDATE commits SET first_sequence = -7 WHERE first_sequence = 3' },
  'a count is none': { sql: 'UPDATE commits SET count = 0 WHERE first_sequence = 2' },
  'a count is negative': { sql: 'UPDATE commits SET count = -5 WHERE first_sequence = 3' },
  'a count is too large': { sql: 'UPDATE commits SET count = 4 WHERE first_sequence = 2' },
  'the last count is none': { sql: 'UPDATE commits SET count = 0 WHERE first_sequence = 12' },
  'the last count is negative': { sql: 'UPDATE commits SET count = -5 WHERE first_sequence = 12' },
  'the last count is too large': { sql: 'UPDATE commits SET count = 90 WHERE first_sequence = 12' },
  'the counts are enormous': { sql: 'UPDATE commits SET count = 9007199254740991' },
  'a time is none': { sql: 'UPDATE commits SET last_time = 9007199254740991 WHERE first_sequence = 2' },
  'a last time is earlier': { sql: 'UPDATE commits SET last_time = 0 WHERE first_sequence = 3' },
  'a hash is zero': { sql: 'UPDATE commits SET hash = zeroblob(32) WHERE first_sequence = 3' },
  'a frame is gone': { sql: 'DELETE FROM p1 WHERE sequence = 2' },
  'the first frame is gone': { sql: 'DELETE FROM p0 WHERE sequence = 1' },
  'a frame of several is gone': { sql: 'DELETE FROM p1 WHERE sequence = 4' },
  'the last frame of a partition is gone': { sql: 'DELETE FROM p1 WHERE sequence = 11', isHidden: true },
  'the last frame is gone': { sql: 'DELETE FROM p2 WHERE sequence = 12', isHidden: true },
  'the frames of a partition are gone': { sql: 'DELETE FROM p1', isHidden: true },
  'a frame is far away': { sql: 'UPDATE p1 SET sequence = 1000 WHERE sequence = 2' },
  'a frame lies within another commit': { sql: 'UPDATE p1 SET sequence = 5 WHERE sequence = 2' },
  'a frame is there twice': {
    sql: 'INSERT INTO p1 SELECT 1, offset, count, first_time, last_time, key, hash, plain_bytes, body FROM p1 WHERE sequence = 2',
    isHidden: true,
  },
  'an offset is negative': { sql: 'UPDATE p1 SET offset = -1 WHERE sequence = 2' },
  'an offset is too large': { sql: 'UPDATE p1 SET offset = 7 WHERE sequence = 4' },
  'the count of a frame is none': { sql: 'UPDATE p1 SET count = 0 WHERE sequence = 2' },
  'the count of a frame is too large': { sql: 'UPDATE p1 SET count = 3 WHERE sequence = 2' },
  'a compressed body is cut': { sql: 'UPDATE p1 SET body = substr(body, 1, length(body) - 1) WHERE sequence = 2' },
  'a compressed body is longer': { sql: "UPDATE p1 SET body = CAST(body || x'00' AS BLOB) WHERE sequence = 2" },
  'a compressed body comes twice': { sql: 'UPDATE p1 SET body = CAST(body || body AS BLOB) WHERE sequence = 4' },
  'a compressed body is that of another frame': {
    sql: 'UPDATE p1 SET body = (SELECT body FROM p1 WHERE sequence = 11) WHERE sequence = 2',
  },
  'a compressed body declares no size': {
    sql: "UPDATE p1 SET body = CAST(substr(body, 1, 4) || x'00' || substr(body, 6) AS BLOB) WHERE sequence = 2",
  },
  'a compressed body is a bomb': {
    sql: "UPDATE p1 SET plain_bytes = 4000000000, body = CAST(x'28b52ffda000286bee0300106161' AS BLOB) WHERE sequence = 2",
  },
  'a compressed body is a bomb within the limit': {
    // blocks of 128 KiB, each one byte that is repeated
    sql: `UPDATE p1 SET plain_bytes = ${BOMB_BLOCKS * 131_072}, body = unhex('28b52ffda0' || '${BOMB_SIZE}' || replace(hex(zeroblob(${BOMB_BLOCKS - 1})), '00', '02001061') || '03001061') WHERE sequence = 2`,
  },
  'a compressed body counts as plain': { sql: 'UPDATE p1 SET plain_bytes = NULL WHERE sequence = 2' },
  'a plain body counts as compressed': { sql: 'UPDATE p0 SET plain_bytes = length(body) WHERE sequence = 1' },
  'a plain size is too small': { sql: 'UPDATE p1 SET plain_bytes = plain_bytes - 1 WHERE sequence = 2' },
  'a plain size is negative': { sql: 'UPDATE p1 SET plain_bytes = -5 WHERE sequence = 2' },
  'a plain size is enormous': { sql: 'UPDATE p1 SET plain_bytes = 9007199254740991 WHERE sequence = 4' },
  'the second epoch is gone': { sql: 'DELETE FROM epoch WHERE epoch = 2' },
  'an epoch begins elsewhere': { sql: 'UPDATE epoch SET from_sequence = 3 WHERE epoch = 2' },
  'an epoch has another hash': { sql: 'UPDATE epoch SET hash = zeroblob(32) WHERE epoch = 1' },
  'the routing is another': { sql: `UPDATE epoch SET routing = replace(routing, 'manual', 'hash') WHERE epoch = 1` },
  'an epoch is there again, as another one': {
    sql: 'INSERT INTO epoch SELECT 60, from_sequence, routing, hash FROM epoch WHERE epoch = 1',
  },
  'all epochs are gone': { sql: 'DELETE FROM epoch' },
  'a partition has no table': { sql: 'UPDATE partition SET id = 4294967296 WHERE id = 2' },
  'a partition is gone': { sql: 'DELETE FROM partition WHERE id = 2' },
  'there is a partition too many': { sql: "INSERT INTO partition VALUES (3, 'd', 'p3', 2)" },
  'a partition has another name': { sql: `UPDATE partition SET name = 'other' WHERE id = 0` },
  'a partition has the name of an attack': {
    sql: `UPDATE partition SET name = 'x","sequence":999,"y":"' || char(27) || '[31m' WHERE id = 0`,
  },
};

/** A copy of the ledger with this done to it. */
function damaged(sql: string): string {
  const ledger = ledgerPath();
  copyFileSync(template, ledger);
  const db = new Database(ledger);
  try {
    db.pragma('foreign_keys = OFF');
    expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  } finally {
    db.close();
  }
  return ledger;
}

interface Outcome {
  readonly delivered: readonly Delivered[];
  readonly error: unknown;
}

async function outcomeOf(path: Path, engine: Completengine): Promise<Outcome> {
  const delivered: Delivered[] = [];
  try {
    await path.run(engine, ({ sequence, payload }) => {
      delivered.push({ sequence, payload: payload.toString() });
      if (delivered.length > BOUND) throw new Error(`endless: ${delivered.length} events of ${EVENTS.length}`);
    });
    return { delivered, error: null };
  } catch (error) {
    return { delivered, error };
  }
}

const opened = (ledger: string, access: 'read' | 'write'): Promise<Completengine> =>
  openEngine({ ledger, create: false, access });

function isRefusal(error: unknown): boolean {
  return error instanceof LedgerError && (error.code === 'VERIFICATION_FAILED' || error.code === 'DAMAGED_LEDGER');
}

const deliveredOf = ({ sequence, payload }: Delivered): Delivered => ({ sequence, payload });
const bySequence = (delivered: readonly Delivered[]): Delivered[] =>
  delivered.toSorted((one, other) => one.sequence - other.sequence);

function expectNothingWrong(name: string, path: Path, damage: Damage, { delivered, error }: Outcome): void {
  const isBeyondHead = damage.isHidden && error instanceof LedgerError && error.code === 'INVALID_RANGE';
  if (error !== null && !isBeyondHead)
    expect.soft(isRefusal(error), `${name}: ${String((error as Error).stack)}`).toBe(true);
  const mine = path.isByPartition ? bySequence(delivered) : [...delivered];
  expect.soft(new Set(mine.map(({ sequence }) => sequence)).size, `${name}: an event came twice`).toBe(mine.length);
  if (damage.isHidden && path.seesOnePartition) return;
  expect.soft(EVENTS.map(deliveredOf), `${name}: another event came`).toEqual(expect.arrayContaining(mine));
  if (error === null)
    expect.soft(mine, `${name}: not all events came`).toEqual(EVENTS.filter(path.wanted).map(deliveredOf));
}

it('every path delivers all of a sound ledger', async () => {
  const ledger = ledgerPath();
  copyFileSync(template, ledger);
  for (const [name, path] of Object.entries(PATHS)) {
    const outcome = await outcomeOf(path, await opened(ledger, path.isByPartition ? 'write' : 'read'));
    expect.soft(outcome.error, name).toBeNull();
    expectNothingWrong(name, path, { sql: '' }, outcome);
  }
});

it.each(Object.entries(DAMAGES))('no path goes wrong: %s', async (_, damage) => {
  const ledger = damaged(damage.sql);
  const reader = await opened(ledger, 'read').catch((error: unknown) => error);
  for (const [name, path] of Object.entries(PATHS)) {
    const engine = path.isByPartition ? await opened(ledger, 'write').catch((error: unknown) => error) : reader;
    expectNothingWrong(
      name,
      path,
      damage,
      engine instanceof Completengine ? await outcomeOf(path, engine) : { delivered: [], error: engine },
    );
  }
});

it.each(Object.entries(DAMAGES))('verify refuses: %s', async (_, { sql }) => {
  const ledger = damaged(sql);
  const outcome = await opened(ledger, 'read')
    .then((engine) => engine.verify())
    .catch((error: unknown) => error);
  expect(isRefusal(outcome), String(outcome)).toBe(true);
});

it.each([
  'the second epoch is gone',
  'an epoch has another hash',
  'the routing is another',
  'an epoch is there again, as another one',
  'all epochs are gone',
  'a partition has another name',
  'a partition has the name of an attack',
])(
  'strict replay delivers nothing under settings, routings and names that the chain does not cover: %s',
  async (name) => {
    const ledger = damaged((DAMAGES[name] as Damage).sql);
    const delivered: unknown[] = [];
    const failure = await opened(ledger, 'read')
      .then(async (engine) => {
        for await (const event of engine.replay({ determinism: 'strict' })) delivered.push(event);
      })
      .catch((error: unknown) => error);
    expect(isRefusal(failure), String(failure)).toBe(true);
    expect(delivered).toEqual([]);
  },
);
