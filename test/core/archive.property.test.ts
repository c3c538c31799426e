/** Whatever is archived and when: everything that a ledger is asked has the same answer as from a copy from which nothing was archived. */

import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Groups } from '../../src/core/ledger/groups.ts';
import { sqliteDriver } from '../../src/core/ledger/sqlite/sqlite-driver.ts';
import type { StoredCommit } from '../../src/core/model/events/commit.ts';
import { Completengine, type LedgerEvent, type ReplayOptions } from '../../src/index.ts';
import { FakeClock } from '../support/engines.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

const PARTITIONS = 3;
const HOUR = 3_600_000_000;

const commit = fc.record({
  events: fc.array(fc.nat(PARTITIONS - 1), { minLength: 1, maxLength: 4 }),
  wait: fc.constantFrom(0, 1, HOUR),
  /** What happens after the commit: an archive up to a part of history, or a new epoch. */
  after: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.record({ archive: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    { weight: 1, arbitrary: fc.constant('epoch' as const) },
  ),
});

async function eventsOf(engine: Completengine, options: ReplayOptions): Promise<object[]> {
  const events: object[] = [];
  for await (const event of engine.replay(options)) events.push(plain(event));
  return events;
}

function plain({ sequence, partition, offset, time, key, payload }: LedgerEvent): object {
  return { sequence, partition, offset, time, key, payload: payload.toString() };
}

/** Rows of a ledger carry their hash along. */
function framesOf(commits: readonly StoredCommit[]): object[] {
  return commits.flatMap(({ frames }) =>
    frames.map(({ partition, sequence, offset, count, firstTime, lastTime, key, body }) => ({
      ...{ partition, sequence, offset, count, firstTime, lastTime, key },
      body: body.toString(),
    })),
  );
}

it('answers as if nothing had been archived', async () => {
  const root = tempDir();
  let made = 0;
  const property = fc.asyncProperty(fc.array(commit, { minLength: 2, maxLength: 14 }), async (plans) => {
    const directory = join(root, String(made++));
    mkdirSync(directory);
    const [ledger, copy] = [join(directory, 'archived.codex'), join(directory, 'whole.codex')];
    const clock = new FakeClock();
    const settings = { routing: 'manual:to', partitions: PARTITIONS, clock };
    await Completengine.create(ledger, settings);
    copyFileSync(ledger, copy);
    const archived = await Completengine.open({ ledger, clock });
    const whole = await Completengine.open({ ledger: copy, clock });
    try {
      const start = clock.micros;
      for (const [nth, { events, wait, after }] of plans.entries()) {
        clock.micros += wait;
        const batch = events.map((to, at) => ({ to: `p${to}`, nth, at }));
        expect(await archived.emit(batch)).toEqual(await whole.emit(batch));
        if (after === 'epoch') for (const engine of [archived, whole]) await engine.partitioning.add([`x${nth}`]);
        else if (after !== null) {
          const until = new Date((start + after.archive * (clock.micros - start)) / 1000);
          await archived.archive({ until });
        }
      }
      const { sequence: head } = await whole.head();
      const all = await eventsOf(whole, {});
      for (const determinism of ['strict', 'relaxed'] as const) {
        expect(await eventsOf(archived, { determinism })).toEqual(all);
        for (let from = 1; from <= head; from += 3) {
          const range = { fromSequence: from, throughSequence: Math.min(head, from + 4), determinism };
          expect(await eventsOf(archived, range)).toEqual(await eventsOf(whole, range));
          expect(await eventsOf(archived, { ...range, partitions: ['p1'] })).toEqual(
            await eventsOf(whole, { ...range, partitions: ['p1'] }),
          );
        }
      }
      expect(await archived.verify()).toMatchObject({ from: 1, events: head });
      const busyLimit = { limitMs: 1000 };
      const one = await sqliteDriver.open(ledger, { access: 'write', busyLimit });
      const other = await sqliteDriver.open(copy, { access: 'write', busyLimit });
      try {
        for (let sequence = 1; sequence <= head + 1; sequence++) {
          const time = start + (sequence - 1) * (HOUR / 2);
          expect(await one.sequenceAtTime(time)).toBe(await other.sequenceAtTime(time));
          expect(await one.sequenceOfLast(sequence, null)).toBe(await other.sequenceOfLast(sequence, null));
          expect(await one.sequenceOfLast(sequence, [2])).toBe(await other.sequenceOfLast(sequence, [2]));
          const name = `g${sequence}`;
          for (const each of [one, other]) await new Groups(each).create(name, sequence, 0);
          expect(await one.positionsAt(sequence)).toEqual(await other.positionsAt(sequence));
          for (let partition = 0; partition < PARTITIONS; partition++) {
            const request = { partition, fromSequence: sequence, events: 3, bytes: 1000 };
            expect(framesOf(await one.readLane(request))).toEqual(framesOf(await other.readLane(request)));
          }
        }
        const summaries = await Promise.all([one.groupStore.summaries(0), other.groupStore.summaries(0)]);
        expect(summaries[0]).toEqual(summaries[1]);
        const [described, expected] = [await one.describe(), await other.describe()];
        for (const field of ['commits', 'firstTime'] as const) expect(described[field]).toEqual(expected[field]);
        expect(
          described.partitions.map(({ events, firstTime, lastTime }) => ({ events, firstTime, lastTime })),
        ).toEqual(expected.partitions.map(({ events, firstTime, lastTime }) => ({ events, firstTime, lastTime })));
      } finally {
        await one.close();
        await other.close();
      }
    } finally {
      await archived.close();
      await whole.close();
    }
  });
  await fc.assert(property, { numRuns: quick(5, 80) });
});
