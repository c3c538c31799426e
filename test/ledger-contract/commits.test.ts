/** Laws of commits, for every storage. */

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import type { Committed, Conflict } from '../../src/core/model/events/commit.ts';
import { type Anchor, formatHead } from '../../src/core/model/events/head.ts';
import { EVERYTHING } from '../../src/core/model/events/range.ts';
import type { LedgerError } from '../../src/core/model/ledger-error.ts';
import { failureOf } from '../support/engines.ts';
import { turns } from '../support/turns.ts';
import { draftOf, readAll } from './drafts.ts';
import { openNew, openTwice, STORAGES, stopStorages } from './drivers.ts';

afterAll(stopStorages);

const event = (payload: string, time = 1, partition = 0) => ({ partition, time, payload });
const STRICT = { isLateRefused: true };

describe.each(STORAGES)('commits of a ledger in $name', (storage) => {
  it('are readable through every opening when they are acknowledged', async () => {
    const [one, other] = await openTwice(storage);
    const outcome = (await one.commit(draftOf(await one.basis(), [event('1'), event('2', 2, 1)]))) as Committed;
    expect(outcome).toMatchObject({
      kind: 'committed',
      firstSequence: 1,
      count: 2,
      offsets: [0, 0],
      firstTime: 1,
      lastTime: 2,
    });
    expect(await other.head()).toEqual(outcome.head);
    expect(await readAll(other)).toEqual([
      { sequence: 1, offset: 0, ...event('1') },
      { sequence: 2, offset: 0, ...event('2', 2, 1) },
    ]);
  });

  it('that expect a head are made at this one alone, of any number at once exactly one', async () => {
    const [one, other] = await openTwice(storage);
    const expecting = async (ledger: Ledger, expectedHead: Anchor, time: number) => {
      const draft = {
        ...draftOf(await ledger.basis(), [event(String(time), time)], { hasArrivalTime: true }),
        expectedHead,
      };
      return ledger.commit(draft).then(
        (outcome) => outcome as Committed,
        (error: unknown) => error as LedgerError,
      );
    };
    let expected: Anchor = await one.head();
    for (let round = 1; round <= 4; round++) {
      const answers = await Promise.all(
        [one, other, one, other].map((ledger, nth) => expecting(ledger, expected, round * 10 + nth)),
      );
      const committed = answers.filter((answer): answer is Committed => 'kind' in answer);
      expect(committed).toHaveLength(1);
      expected = committed[0]?.head as Anchor;
      for (const answer of answers) {
        if ('kind' in answer) continue;
        expect(answer.code).toBe('HEAD_CONFLICT');
        expect(answer.details['head']).toBe(formatHead(expected));
      }
      // commits that expect nothing move the head, too
      const free = (await one.commit(
        draftOf(await one.basis(), [event('free', round * 10 + 9)], { hasArrivalTime: true }),
      )) as Committed;
      expect(await expecting(other, expected, round * 10 + 9)).toMatchObject({ code: 'HEAD_CONFLICT' });
      expected = free.head;
    }
    expect((await one.head()).sequence).toBe(8);
  });

  it('that expect a head are refused as such in a transaction, too, if another commit comes before its end', async () => {
    const [one, other] = await openTwice(storage);
    const settled = (answer: Promise<unknown>) =>
      answer.then(
        () => 'committed',
        (error: unknown) => error as LedgerError,
      );
    for (let round = 1; round <= 3; round++) {
      const expectedHead: Anchor = await one.head();
      const draft = async (ledger: Ledger, nth: number) => ({
        ...draftOf(await ledger.basis(), [event(`${round}`, round * 10 + nth)], { hasArrivalTime: true }),
        expectedHead,
      });
      const [own, foreign] = [await draft(one, 0), await draft(other, 1)];
      const transaction = await one.begin();
      await transaction.commit(own);
      const competing = settled(other.commit(foreign));
      // a file is locked until the end of the transaction, a log is not
      await Promise.race([competing, turns()]);
      const answers = [await settled(transaction.end()), await competing];
      expect(answers.filter((answer) => answer === 'committed')).toHaveLength(1);
      const head = formatHead(await one.head());
      const refused = { code: 'HEAD_CONFLICT', details: { expected: formatHead(expectedHead), head } };
      expect(answers.find((answer) => answer !== 'committed')).toMatchObject(refused);
    }
    expect((await one.head()).sequence).toBe(3);
  });

  it('store any events byte for byte, in order', async () => {
    const events = fc.array(fc.record({ partition: fc.nat(1), step: fc.nat(3), payload: fc.json() }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(events, { maxLength: 6 }), async (commits) => {
        const ledger = await openNew(storage);
        const expected = [];
        let time = 0;
        for (const commit of commits) {
          const drafted = commit.map(({ partition, step, payload }) => {
            time += step;
            return { partition, time, payload };
          });
          expect((await ledger.commit(draftOf(await ledger.basis(), drafted))).kind).toBe('committed');
          expected.push(...drafted);
        }
        const stored = await readAll(ledger);
        expect(stored.map(({ partition, time: at, payload }) => ({ partition, time: at, payload }))).toEqual(expected);
        expect(stored.map(({ sequence }) => sequence)).toEqual(expected.map((_, at) => at + 1));
        await ledger.close();
      }),
      { numRuns: 20 },
    );
  });

  it('conflict if the head is later than a draft that refuses late events, and store nothing then', async () => {
    const [one, other] = await openTwice(storage);
    const basis = await other.basis();
    await one.commit(draftOf(await one.basis(), [event('1', 10)]));
    const conflict = (await other.commit(draftOf(basis, [event('2', 5)], STRICT))) as Conflict;
    expect(conflict).toMatchObject({ kind: 'conflict', basis: { floor: 10 }, known: [], pins: [], producer: null });
    expect((await one.head())?.sequence).toBe(1);
    expect(await other.commit(draftOf(conflict.basis, [event('2', 10)]))).toMatchObject({
      kind: 'committed',
      firstSequence: 2,
    });
  });

  it('have late times raised to the head, each to itself or the floor; or conflict, by what the storage says', async () => {
    const [one, other] = await openTwice(storage);
    const basis = await other.basis();
    await one.commit(draftOf(await one.basis(), [event('1', 10)]));
    const late = draftOf(basis, [event('2', 5), event('3', 8, 1), event('4', 9), event('5', 12), event('6', 13, 1)]);
    const outcome = await other.commit(late);
    if (!storage.raisesLate) {
      expect(outcome).toMatchObject({ kind: 'conflict', basis: { floor: 10 } });
      return;
    }
    expect(outcome).toMatchObject({ kind: 'committed', firstTime: 10, lastTime: 13, late: 3, head: { time: 13 } });
    for (const verify of [true, false]) {
      const events = await readAll(one, EVERYTHING, null, verify);
      expect(events.map(({ time }) => time)).toEqual([10, 10, 10, 10, 12, 13]);
      expect(events.map(({ payload }) => payload)).toEqual(['1', '2', '3', '4', '5', '6']);
    }
    expect(await one.sequenceAtTime(11)).toBe(5);
    await one.verify({});
  });

  it('have an arrival time raised to the head instead', async () => {
    const ledger = await openNew(storage);
    await ledger.commit(draftOf(await ledger.basis(), [event('1', 10)]));
    const late = draftOf(await ledger.basis(), [event('2', 5), event('3', 5, 1)], { hasArrivalTime: true });
    expect(await ledger.commit(late)).toMatchObject({ kind: 'committed', firstTime: 10, lastTime: 10 });
    expect((await readAll(ledger)).map(({ time }) => time)).toEqual([10, 10, 10]);
  });

  it('conflict if another epoch has begun, and can be built again in it', async () => {
    const [one, other] = await openTwice(storage, { routing: 'hash:k' });
    const basis = await other.basis();
    const { epoch, partitionNames } = await one.basis();
    await one.beginEpoch(() => ({
      ...epoch,
      newPartitionNames: ['more'],
      partitionIds: [0, 1, 2],
      placements: [],
      keepsPlacements: true,
    }));
    const conflict = (await other.commit(draftOf(basis, [event('1')]))) as Conflict;
    expect(conflict).toMatchObject({
      kind: 'conflict',
      basis: { epoch: { epoch: 2, fromSequence: 1 }, partitionNames: [...partitionNames, 'more'] },
    });
    expect(await other.commit(draftOf(conflict.basis, [event('1', 1, 2)]))).toMatchObject({ kind: 'committed' });
    await one.verify({});
  });

  it('store the position of a producer with its events, and conflict from any other position', async () => {
    const ledger = await openNew(storage);
    const digest = Buffer.alloc(64, 1);
    const step = { name: 'p', from: 0, position: 5, digest };
    expect(await ledger.positionOfProducer('p')).toEqual({ position: 0, digest: Buffer.alloc(0) });
    await ledger.commit(draftOf(await ledger.basis(), [event('1')], { producer: step }));
    expect(await ledger.positionOfProducer('p')).toEqual(expect.objectContaining({ position: 5, digest }));
    const again = await ledger.commit(draftOf(await ledger.basis(), [event('1')], { producer: step }));
    expect(again).toMatchObject({ kind: 'conflict', producer: { position: 5, digest } });
    expect((await ledger.head()).sequence).toBe(1);
  });

  it('store an id once, and report its sequence and whether the payload is the same', async () => {
    const ledger = await openNew(storage);
    const id = (hash: number, index = 0) => ({ id: 'x', hash: Buffer.alloc(32, hash), index });
    await ledger.commit(draftOf(await ledger.basis(), [event('0'), event('1')], { ids: [id(1, 1)] }));
    const repeated = await ledger.commit(draftOf(await ledger.basis(), [event('1')], { ids: [id(1)] }));
    expect(repeated).toMatchObject({ kind: 'conflict', known: [{ id: 'x', index: 0, sequence: 2, isRepeat: true }] });
    const changed = await ledger.commit(draftOf(await ledger.basis(), [event('2')], { ids: [id(2)] }));
    expect(changed).toMatchObject({ kind: 'conflict', known: [{ id: 'x', index: 0, sequence: 2, isRepeat: false }] });
  });

  it('of a transaction become visible all at once, or never', async () => {
    const [one, other] = await openTwice(storage);
    const before = await one.head();
    const abandoned = await one.begin();
    await abandoned.commit(draftOf(await one.basis(), [event('1')]));
    await abandoned.abandon();
    expect(await other.head()).toEqual(before);
    const ended = await one.begin();
    const first = (await ended.commit(draftOf(await one.basis(), [event('1')]))) as Committed;
    const basis = { ...(await one.basis()), floor: first.head.time };
    await ended.commit(draftOf(basis, [event('2', 2)]));
    await ended.end();
    expect((await readAll(other)).map(({ payload }) => payload)).toEqual(['1', '2']);
  });

  it('go through a pipeline in order; a draft built on a conflict is stale', async () => {
    const [one, other] = await openTwice({ ...storage, driver: (await storage.builtDriver?.()) ?? storage.driver });
    const pipeline = await one.openPipeline();
    const basis = await one.basis();
    expect(await pipeline.offer(draftOf(basis, [event('1', 5)]), 0)).toMatchObject({ kind: 'committed' });
    await other.commit(draftOf(await other.basis(), [event('2', 10)]));
    const answers = await Promise.all([
      pipeline.offer(draftOf(basis, [event('3', 6)], STRICT), 0),
      pipeline.offer(draftOf(basis, [event('4', 20)], STRICT), 0),
      pipeline.offer(draftOf(basis, [event('3', 10)]), 1),
      pipeline.offer(draftOf(basis, [event('4', 20)]), 1),
    ]);
    expect(answers.map((answer) => answer.kind)).toEqual(['conflict', 'stale', 'committed', 'committed']);
    await pipeline.close();
    expect((await readAll(other)).map(({ payload }) => payload)).toEqual(['1', '2', '3', '4']);
  });

  it('take frames of as many bytes as the ledger names, if it names any', async () => {
    const ledger = await openNew(storage);
    const { commitBytesMax } = ledger;
    expect(commitBytesMax).toBeGreaterThan(100_000);
    if (commitBytesMax === Number.POSITIVE_INFINITY) return;
    const basis = await ledger.basis();
    // what is compressed shrinks to half, and less would not
    const text = randomBytes(2 * commitBytesMax).toString('hex');
    const bytesOf = (size: number) => draftOf(basis, [event(`"${text.slice(0, size)}"`)]);
    const around = (bytesOf(1).frames[0]?.body.length as number) - 1;
    expect(await ledger.commit(bytesOf(commitBytesMax - around))).toMatchObject({ kind: 'committed' });
    expect(await readAll(ledger)).toHaveLength(1);
    const length = (await ledger.head()).sequence;
    await failureOf(() => ledger.commit(bytesOf(4 * commitBytesMax)), 'INVALID_ARGUMENT');
    expect((await ledger.head()).sequence).toBe(length);
  });

  it('of two concurrent writers are all stored, once and in the order of each writer', async () => {
    const [one, other] = await openTwice(storage);
    const write = async (ledger: Ledger, name: string): Promise<void> => {
      let basis = await ledger.basis();
      for (let nth = 0; nth < 20; ) {
        const outcome = await ledger.commit(draftOf(basis, [event(`"${name}${nth}"`, basis.floor)]));
        if (outcome.kind === 'committed') nth++;
        else basis = outcome.basis;
      }
    };
    await Promise.all([write(one, 'a'), write(other, 'b')]);
    const payloads = (await readAll(one)).map(({ payload }) => payload);
    for (const name of ['a', 'b'])
      expect(payloads.filter((payload) => payload[1] === name)).toEqual(
        Array.from({ length: 20 }, (_, nth) => `"${name}${nth}"`),
      );
    expect(await one.verify({})).toMatchObject({ events: 40 });
  });
});
