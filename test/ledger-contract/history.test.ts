/** Laws of history, for every storage: ranges, partitions, pages, and how positions are found. */

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import { restOf } from '../../src/core/model/events/history.ts';
import { EVERYTHING, type SequenceRange } from '../../src/core/model/events/range.ts';
import { type DraftEvent, draftOf, type ReadEvent, readAll } from './drafts.ts';
import { openNew, openTwice, STORAGES, stopStorages } from './drivers.ts';
import type { Storage } from './storage.ts';

afterAll(stopStorages);

const PARTITIONS = 3;

const someCommits = fc.array(
  fc.array(fc.record({ partition: fc.nat(PARTITIONS - 1), step: fc.nat(2) }), { minLength: 1, maxLength: 5 }),
  { maxLength: 5 },
);

type Commits = readonly (readonly { readonly partition: number; readonly step: number }[])[];

/** A new ledger with these commits, and the events that it must hold. Times start at 1 and grow by the steps. */
async function stored(storage: Storage, commits: Commits): Promise<{ ledger: Ledger; events: ReadEvent[] }> {
  const ledger = await openNew(storage, { partitions: PARTITIONS });
  const events: ReadEvent[] = [];
  let time = 1;
  for (const commit of commits) {
    const drafted = commit.map(({ partition, step }): DraftEvent => {
      time += step;
      const sequence = events.length + 1;
      const offset = events.filter((event) => event.partition === partition).length;
      const event = { sequence, offset, partition, time, payload: `{"n":${sequence}}` };
      events.push(event);
      return event;
    });
    await ledger.commit(draftOf(await ledger.basis(), drafted));
  }
  return { ledger, events };
}

/** One commit for each list of partitions, one event for each partition in it, a microsecond apart. */
const ofPartitions = (...commits: readonly (readonly number[])[]): Commits =>
  commits.map((commit) => commit.map((partition) => ({ partition, step: 1 })));

const within = (events: readonly ReadEvent[], { from, through }: SequenceRange, partitions: readonly number[] | null) =>
  events.filter(
    ({ sequence, partition }) =>
      sequence >= from && sequence <= through && (partitions === null || partitions.includes(partition)),
  );

describe.each(STORAGES)('history of a ledger in $name', (storage) => {
  it('has the same history in a snapshot, whatever is committed meanwhile', async () => {
    const { ledger } = await stored(storage, ofPartitions([0, 1], [1]));
    const seen = await ledger.snapshot(async (snapshot) => {
      const before = await snapshot.head();
      await ledger.commit(draftOf(await ledger.basis(), [{ partition: 0, time: 9, payload: '{"n":4}' }]));
      return { before, events: await readAll(snapshot, { from: 1, through: before.sequence }) };
    });
    expect(seen.before.sequence).toBe(3);
    expect(seen.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect((await ledger.head()).sequence).toBe(4);
  });

  it('lists its last commits without their events', async () => {
    const { ledger } = await stored(storage, ofPartitions([0, 1], [1], [2, 0, 1]));
    const { firstSequences, counts, producerOf } = await ledger.lastCommits(2);
    expect([...firstSequences]).toEqual([3, 4]);
    expect([...counts]).toEqual([1, 3]);
    expect([...producerOf]).toEqual([-1, -1]);
  });

  it('is read by range and by partition, to the event', async () => {
    const partitions = fc.option(fc.uniqueArray(fc.nat(PARTITIONS - 1), { minLength: 1 }));
    const ends = fc.record({ from: fc.integer({ min: 1, max: 30 }), through: fc.integer({ min: 0, max: 40 }) });
    const ranges = fc.array(fc.tuple(ends, partitions, fc.boolean()), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(someCommits, ranges, async (commits, requests) => {
        const { ledger, events } = await stored(storage, commits);
        for (const [range, chosen, verify] of requests)
          expect(await readAll(ledger, range, chosen, verify)).toEqual(within(events, range, chosen));
        await ledger.close();
      }),
      { numRuns: 20 },
    );
  });

  it('ends at the head where the range reaches beyond it', async () => {
    const { ledger, events } = await stored(storage, ofPartitions([0, 1, 0], [2, 1]));
    for (const verify of [true, false]) {
      expect(await readAll(ledger, EVERYTHING, null, verify)).toEqual(events);
      expect(await readAll(ledger, { from: 4, through: 99 }, [1], verify)).toEqual([events[4]]);
      expect(await readAll(ledger, { from: 6, through: 99 }, null, verify)).toEqual([]);
      expect(await readAll(ledger, { from: 99, through: 999 }, [0], verify)).toEqual([]);
    }
    const empty = await openNew(storage);
    expect(await readAll(empty, EVERYTHING)).toEqual([]);
  });

  it('is empty where the range is', async () => {
    const { ledger } = await stored(storage, ofPartitions([0, 1]));
    expect(await ledger.read({ range: { from: 2, through: 1 }, partitions: null, verify: true })).toMatchObject({
      commits: [],
      next: null,
    });
  });

  it('comes in pages of whole commits, each of which leads on', async () => {
    const { ledger } = await stored(storage, ofPartitions(...Array.from({ length: 20 }, () => [0, 1, 2])));
    const starts: number[] = [];
    const range = { from: 2, through: 59 };
    for (
      let rest = { range, partitions: null, verify: true } as Parameters<Ledger['read']>[0] | null;
      rest !== null;
    ) {
      const page = await ledger.read(rest);
      starts.push(...page.commits.map(({ firstSequence }) => firstSequence));
      rest = restOf(rest, page);
    }
    expect(starts).toEqual(Array.from({ length: 20 }, (_, at) => 3 * at + 1));
  });

  it('shows what another opening commits after it was read', async () => {
    const [one, other] = await openTwice(storage);
    await one.commit(draftOf(await one.basis(), [{ partition: 0, time: 1, payload: '1' }]));
    expect(await readAll(other, EVERYTHING)).toHaveLength(1);
    await one.commit(draftOf(await one.basis(), [{ partition: 1, time: 1, payload: '2' }]));
    expect((await readAll(other, EVERYTHING)).map(({ payload }) => payload)).toEqual(['1', '2']);
  });

  it('is found by time: the first event at it or later, or the sequence after the head', async () => {
    await fc.assert(
      fc.asyncProperty(someCommits, async (commits) => {
        const { ledger, events } = await stored(storage, commits);
        const last = events.at(-1)?.time ?? 1;
        for (let time = 0; time <= last + 1; time++) {
          const expected = events.find((event) => event.time >= time)?.sequence ?? events.length + 1;
          expect(await ledger.sequenceAtTime(time), `time ${time}`).toBe(expected);
        }
        await ledger.close();
      }),
      { numRuns: 10 },
    );
  });

  it('is found from its end: the nth last event of some partitions, up to a sequence', async () => {
    const { ledger, events } = await stored(storage, ofPartitions([0, 1, 0], [2], [1, 1, 0, 2]));
    for (const partitions of [null, [0], [1, 2], [2]]) {
      for (const through of [undefined, 8, 7, 4, 2, 99]) {
        const candidates = within(events, { from: 1, through: through ?? 8 }, partitions);
        for (let count = 1; count <= 9; count++) {
          const found = await ledger.sequenceOfLast(count, partitions, through);
          expect(found, `${count} of ${partitions} through ${through}`).toBe(candidates.at(-count)?.sequence ?? 1);
        }
      }
    }
  });

  it('names the partitions that emitters chose past the routing, by range', async () => {
    const ledger = await openNew(storage, { partitions: PARTITIONS });
    const chosen = [null, 2, null, 1] as const;
    for (const [at, sentTo] of chosen.entries()) {
      const events = [0, 1].map((step) => ({ partition: sentTo ?? 0, time: 2 * at + step, payload: `${at}` }));
      await ledger.commit(draftOf(await ledger.basis(), events, sentTo === null ? {} : { sentTo }));
    }
    const sentTo = async (from: number, through: number) =>
      [...(await ledger.partitionsSentTo({ from, through }))].sort((one, other) => one - other);
    expect(await sentTo(1, 8)).toEqual([1, 2]);
    expect(await sentTo(1, 2)).toEqual([]);
    expect(await sentTo(4, 6)).toEqual([2]);
    expect(await sentTo(5, 99)).toEqual([1]);
    expect(await sentTo(9, 99)).toEqual([]);
    expect(await sentTo(3, 2)).toEqual([]);
  });

  it('is summarized by partition', async () => {
    const { ledger } = await stored(storage, ofPartitions([0, 1, 0], [1]));
    const described = await ledger.describe();
    expect(described.partitions).toEqual(await ledger.summarize());
    expect(described.partitions).toMatchObject([
      { id: 0, name: 'p0', events: 2, nextOffset: 2, firstTime: 2, lastTime: 4 },
      { id: 1, name: 'p1', events: 2, nextOffset: 2, firstTime: 3, lastTime: 5 },
      { id: 2, name: 'p2', events: 0, bytes: 0, nextOffset: 0, firstTime: null, lastTime: null },
    ]);
    expect(described).toMatchObject({ commits: 2, firstTime: 2, head: { sequence: 4 }, sessions: 0 });
    const gauges = await ledger.gauges(3);
    expect(gauges).toMatchObject({ firstTime: 2, head: { sequence: 4, time: 5 }, growth: { commits: 1 } });
    expect(gauges.partitions.map(({ events, lastTime }) => [events, lastTime])).toEqual([
      [2, 4],
      [2, 5],
      [0, null],
    ]);
    expect((await ledger.gauges(null)).growth).toBeNull();
  });
});
