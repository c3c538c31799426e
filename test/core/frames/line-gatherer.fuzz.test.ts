/**
 * The kernel's gatherer and its check of events against the reference: they return the same for the same pages, or leave
 * them to the reference, and never accept what that rejects.
 */

import { expect, it } from 'vitest';
import { EventCheck } from '../../../src/core/frames/event-check.ts';
import { LineGatherer } from '../../../src/core/frames/line-gatherer.ts';
import type { StoredCommit, StoredFrame } from '../../../src/core/model/events/commit.ts';
import { EventBatch, type GatheredLines } from '../../../src/core/model/events/event.ts';
import { EVERYTHING, type SequenceRange } from '../../../src/core/model/events/range.ts';
import { type Seeded, seededForTest } from '../../support/seeded.ts';
import { type Delivered, storedOf } from '../../support/stored-commit.ts';
import { fuzzLines, fuzzTimeoutMs } from '../../support/test-size.ts';

const EVENTS = fuzzLines() * 2;
/** Commits that were refused, and ranges that cut some, at least. */
const SEEN_MIN = 3;

const SHORT_LENGTHS = Array.from({ length: 40 }, (_, nth) => [0, nth % 2 === 0 ? 40 : 300]);

/** Mostly short, as events are; at every length around a vector and the kernel's own copy; now and then longer than a page of memory. */
function payload(random: Seeded): string {
  const [shortest, longest] = random.pick([
    ...SHORT_LENGTHS,
    random.between(0, 40) === 0 ? [60_000, 70_000] : [1000, 1050],
  ]) as [number, number];
  const length = random.between(shortest, longest);
  if (length === 0) return String(random.between(0, 9));
  const text = random.pick(['x', '],[', '[0,0,1],', '],', ']]', 'größe', '🐟', '海', '{"a":1}']);
  return `"${text.repeat(Math.ceil(length / text.length)).slice(0, length)}"`.toWellFormed();
}

interface MadeCommit {
  readonly commit: StoredCommit;
  readonly last: number;
}

/** One commit from `firstSequence` on; times with steps of any size, partitions taken at random. */
function makeCommit(random: Seeded, firstSequence: number): MadeCommit {
  const count = random.pick([
    1,
    1,
    2,
    3,
    random.between(1, 20),
    random.between(1, 400),
    random.between(0, 10) === 0 ? 20_000 : 1,
  ]);
  const partitions = random.pick([1, 2, 8, 40]);
  let time = random.between(-(2 ** 51), 2 ** 50);
  const delivered = Array.from({ length: count }, (_, nth): Delivered => {
    time += random.pick([0, 0, 1, random.between(0, 1e6), random.between(0, 2 ** 41)]);
    return {
      sequence: firstSequence + nth,
      partition: random.between(0, partitions - 1),
      offset: nth,
      time,
      payload: payload(random),
    };
  });
  const stored = storedOf(firstSequence, delivered);
  // the partitions that were asked for: all of them, or some
  const frames = random.between(0, 2) > 0 ? stored.frames : stored.frames.filter(() => random.between(0, 1) === 0);
  return { commit: { firstSequence, frames }, last: firstSequence + count - 1 };
}

function makePage(random: Seeded): MadeCommit[] {
  const page: MadeCommit[] = [];
  let next = random.pick([1, random.between(1, 1000), random.between(1, 2 ** 45)]);
  for (let left = random.between(1, 12); left > 0; left--) {
    const made = makeCommit(random, next);
    page.push(made);
    next = made.last + 1;
  }
  return page;
}

/**
 * Everything, a range with ends anywhere in the page, or one so far past it that its distance does not fit the kernel's
 * numbers.
 */
function makeRange(random: Seeded, page: readonly MadeCommit[]): SequenceRange {
  const [first, last] = [page[0]?.commit.firstSequence as number, page.at(-1)?.last as number];
  const kind = random.between(0, 7);
  if (kind <= 1) return EVERYTHING;
  if (kind === 2) return { from: first + random.pick([1, 3, 16, 17]) * 2 ** 28, through: EVERYTHING.through };
  const ends = [random.between(first - 2, last + 2), random.between(first - 2, last + 2)].sort(
    (one, other) => one - other,
  );
  return { from: ends[0] as number, through: ends[1] as number };
}

type EventStream = Omit<GatheredLines, 'lines' | 'facts'> & {
  readonly lines: string;
  readonly times: readonly number[];
  readonly offsets: readonly number[];
  readonly partitions: readonly number[];
};

const NO_SPAN = { count: 0, firstSequence: 0, lastSequence: 0, firstTime: 0, lastTime: 0 };

/** What the reference says; null where it refuses the commit. */
function referenceOf(commit: StoredCommit, range: SequenceRange): EventStream | null {
  try {
    const batch = EventBatch.of(commit, range);
    const lines = batch.lines().toString('latin1');
    const { count, firstSequence, lastSequence, firstTime, lastTime } = batch.span ?? NO_SPAN;
    return {
      ...{ count, firstSequence, lastSequence, firstTime, lastTime },
      lines,
      times: [...batch.times],
      offsets: [...batch.offsets],
      partitions: Array.from({ length: batch.count }, (_, at) => batch.partition(at)),
    };
  } catch (error) {
    expect(error).toMatchObject({ code: 'VERIFICATION_FAILED' });
    return null;
  }
}

const textOf = ({ lines, facts, ...span }: GatheredLines): EventStream => ({
  ...span,
  lines: lines.toString('latin1'),
  times: [...(facts?.times ?? [])],
  offsets: [...(facts?.offsets ?? [])],
  partitions: Array.from(facts?.frameOf ?? [], (frame) => facts?.frames[frame]?.partition ?? -1),
});

/** Compares the cut of a whole page, commit by commit and once more when all of it was cut. Returns how many commits the kernel has cut. */
function comparePage(gatherer: LineGatherer, page: readonly StoredCommit[], range: SequenceRange): number {
  const cutCommit = gatherer.forPage({ commits: page, next: null });
  const cuts = page.map((commit) => {
    const expected = referenceOf(commit, range);
    const cut = cutCommit(commit, range);
    if (cut !== null) expect(textOf(cut)).toEqual(expected);
    return { cut, expected };
  });
  for (const { cut, expected } of cuts)
    if (cut !== null) expect(cut.lines.equals(Buffer.from(expected?.lines ?? '', 'latin1'))).toBe(true);
  return cuts.filter(({ cut }) => cut !== null).length;
}

const eventsOf = (page: readonly MadeCommit[]) =>
  page.reduce((sum, { commit, last }) => sum + last - commit.firstSequence + 1, 0);

it(
  'cuts every page that the engine writes, and as the reference does',
  () => {
    const random = seededForTest();
    const gatherer = new LineGatherer();
    for (let done = 0; done < EVENTS; ) {
      const page = makePage(random);
      const range = makeRange(random, page);
      const within = page.filter(({ commit, last }) => commit.firstSequence <= range.through && last >= range.from);
      expect(
        comparePage(
          gatherer,
          within.map(({ commit }) => commit),
          range,
        ),
      ).toBe(within.length);
      done += eventsOf(page);
    }
  },
  fuzzTimeoutMs(EVENTS),
);

const GRAFTS = [
  '[',
  ']',
  ',',
  '\n',
  '],\n[',
  '],',
  ']]',
  '0',
  '9',
  '00',
  '-',
  '.',
  '1e3',
  '9999999999',
  '4294967295',
  '4294967296',
  '99999999999999999',
  ' ',
  '\r\n',
  '"',
];

/**
 * One event's head with other digits in it, or with the sequence of the next event, which then occurs twice or
 * decreases.
 */
function damagedHead(body: Buffer, random: Seeded): Buffer {
  const text = body.toString('latin1');
  const heads = [...text.matchAll(/(?<=^\[|\n)\[(\d+),(\d+),/g)];
  if (heads.length === 0) return body.subarray(1);
  const at = random.between(0, heads.length - 1);
  const other = heads[at + 1] ?? heads[0];
  const digits = random.pick([
    other?.[1],
    '0',
    '1',
    String(random.between(0, 500)),
    '4294967295',
    '4294967296',
    '9'.repeat(11),
    '9'.repeat(16),
    '9'.repeat(40),
  ]);
  const head = (nth: number): string => {
    const [, sequence, time] = heads[nth] as RegExpExecArray;
    if (nth === at) return random.between(0, 3) > 0 ? `[${digits},${time},` : `[${sequence},${digits},`;
    return heads[nth] === other && random.between(0, 1) === 0 ? `[${heads[at]?.[1]},${time},` : `[${sequence},${time},`;
  };
  let nth = 0;
  return Buffer.from(
    text.replace(/(?<=^\[|\n)\[(\d+),(\d+),/g, () => head(nth++)),
    'latin1',
  );
}

function damagedBody(body: Buffer, random: Seeded): Buffer {
  const at = random.between(0, body.length);
  const put = (removed: number, bytes: Uint8Array) =>
    Buffer.concat([body.subarray(0, at), bytes, body.subarray(at + removed)]);
  switch (random.between(0, 6)) {
    case 0:
      return put(1, Buffer.from([(body[at] ?? 0) ^ (1 << random.between(0, 7))]));
    case 1:
      return put(0, Buffer.from(random.pick(GRAFTS)));
    case 2:
      return put(1, Buffer.from(random.pick(GRAFTS)));
    case 3:
      return put(random.between(1, 9), Buffer.alloc(0));
    case 4:
      return body.subarray(0, at);
    case 5:
      return put(0, body.subarray(at, at + random.between(1, 60)));
    default:
      return damagedHead(body, random);
  }
}

function damagedFrame(frame: StoredFrame, random: Seeded): StoredFrame {
  switch (random.between(0, 9)) {
    case 0:
      return {
        ...frame,
        count: random.pick([
          0,
          -1,
          -1000,
          -(2 ** 31),
          -(2 ** 53),
          1e6,
          9e6,
          2 ** 31,
          2 ** 32,
          2 ** 32 + frame.count,
          2 ** 40,
          frame.count + 1,
          frame.count - 1,
        ]),
      };
    case 1:
      return { ...frame, sequence: frame.sequence + random.pick([-1, 1, 1000, -frame.sequence]) };
    case 2:
      return { ...frame, firstTime: random.pick([0, -1, 2 ** 53, -(2 ** 53)]) };
    default:
      return { ...frame, body: damagedBody(frame.body, random) };
  }
}

it(
  'reports damaged frames as the reference does, or not at all, and leaves their neighbours alone',
  () => {
    const random = seededForTest();
    const gatherer = new LineGatherer();
    let refused = 0;
    let cut = 0;
    // a page may be damaged in a way that both accept: it goes on until enough was refused, and enough was cut
    for (let done = 0; done < EVENTS || Math.min(refused, cut) < SEEN_MIN; ) {
      const made = makePage(random);
      const page = made.map(({ commit }) => {
        if (random.between(0, 2) === 0) return commit;
        return {
          ...commit,
          frames: commit.frames.map((frame) => (random.between(0, 1) === 0 ? damagedFrame(frame, random) : frame)),
        };
      });
      const range = makeRange(random, made);
      cut += comparePage(gatherer, page, range);
      refused += page.filter((commit) => referenceOf(commit, range) === null).length;
      done += eventsOf(made);
    }
  },
  fuzzTimeoutMs(EVENTS),
);

/** What the row of a commit says; null if its frames are not a whole commit whose times rise. */
function rowOf(commit: StoredCommit): { count: number; firstTime: number; lastTime: number } | null {
  try {
    const { count, sequences, times } = EventBatch.of(commit, EVERYTHING);
    const isDense = sequences.every((sequence, at) => sequence === commit.firstSequence + at);
    const isRising = times.every((time, at) => at === 0 || time >= (times[at - 1] as number));
    return count > 0 && isDense && isRising
      ? { count, firstTime: times[0] as number, lastTime: times[count - 1] as number }
      : null;
  } catch (error) {
    expect(error).toMatchObject({ code: 'VERIFICATION_FAILED' });
    return null;
  }
}

it(
  'proves every commit that the engine writes, and none that the reference refuses or whose row says otherwise',
  () => {
    const random = seededForTest();
    const check = new EventCheck(0);
    let [proven, refused] = [0, 0];
    for (let done = 0; done < EVENTS || Math.min(refused, proven) < SEEN_MIN; ) {
      const made = makePage(random);
      for (const { commit, last } of made) {
        const row = rowOf(commit);
        const isWhole = row !== null && row.count === last - commit.firstSequence + 1;
        if (isWhole) {
          proven++;
          expect(check.proves(commit, row)).toBe(true);
          const other = random.pick([
            { count: row.count + random.pick([-1, 1]) },
            { firstTime: row.firstTime + random.pick([-1, 1]) },
            { lastTime: row.lastTime + random.pick([-1, 1]) },
          ]);
          expect(check.proves(commit, { ...row, ...other })).toBe(false);
          const without = { ...commit, frames: commit.frames.slice(1) };
          expect(check.proves(without, row)).toBe(false);
        }
        const frames = commit.frames.map((frame) => (random.between(0, 1) === 0 ? damagedFrame(frame, random) : frame));
        const damaged = { ...commit, frames };
        const claimed = rowOf(damaged);
        if (claimed === null) refused++;
        const claim = claimed ?? row;
        if (claim !== null && check.proves(damaged, claim)) expect(claimed).not.toBeNull();
      }
      done += eventsOf(made);
    }
  },
  fuzzTimeoutMs(EVENTS),
);

it('does not take an event that is missing for one at the epoch, between times on both sides of it', () => {
  const at = (place: number, time: number): Delivered => ({
    sequence: 7 + place,
    partition: place,
    offset: 0,
    time,
    payload: '1',
  });
  const check = new EventCheck(0);
  const row = { count: 3, firstTime: -5, lastTime: 3 };
  const whole = storedOf(7, [at(0, -5), at(1, 0), at(2, 3)]);
  expect(check.proves(whole, row)).toBe(true);
  const without = { ...whole, frames: whole.frames.filter((_, nth) => nth !== 1) };
  expect(check.proves(without, row)).toBe(false);
});
