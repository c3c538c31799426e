/** Laws of the pins of sticky sessions, for every storage: they are committed with the events, and compared with those a draft was built on. */

import { afterAll, describe, expect, it } from 'vitest';
import type { Committed, Conflict } from '../../src/core/model/events/commit.ts';
import { emptyPins, type PinChanges } from '../../src/core/model/routing/session-pins.ts';
import { NO_TIME } from '../../src/core/model/time/time.ts';
import { draftOf } from './drafts.ts';
import { openNew, openTwice, STORAGES, stopStorages } from './drivers.ts';

afterAll(stopStorages);

interface PinStep {
  readonly session: string;
  readonly partition: number;
  readonly lastSeen: number;
  /** Default: the session has no pin yet. */
  readonly before?: number | undefined;
}

function changes(
  steps: readonly PinStep[],
  timeShiftMax = Number.POSITIVE_INFINITY,
  agreesAt: number | null = null,
): PinChanges {
  const keys = steps.map(({ session }) => Buffer.from(session));
  const pins = emptyPins(steps.length, Buffer.concat(keys).length);
  let end = 0;
  for (const [at, { partition, lastSeen, before }] of steps.entries()) {
    const key = keys[at] as Buffer;
    pins.keys.set(key, end);
    end += key.length;
    pins.ends[at] = end;
    pins.partitions[at] = partition;
    pins.lastSeen[at] = lastSeen;
    pins.lastSeenBefore[at] = before ?? NO_TIME;
  }
  return { pins, timeShiftMax, agreesAt };
}

const event = (time: number, partition = 0) => ({ partition, time, payload: '1' });
const IDLE = { routing: 'sticky:k,idle=30m' };

describe.each(STORAGES)('pins of a ledger in $name', (storage) => {
  it('are committed with their events, for every opening', async () => {
    const [one, other] = await openTwice(storage, IDLE);
    const basis = await one.basis();
    expect(basis.sessions).toEqual({ loads: [0, 0], hasPins: false, head: 0 });
    const pins = changes([
      { session: 'a', partition: 0, lastSeen: 5 },
      { session: 'b', partition: 1, lastSeen: 6 },
    ]);
    const outcome = (await one.commit(draftOf(basis, [event(5), event(6, 1), event(6, 1)], { pins }))) as Committed;
    expect(outcome.loads).toEqual([1, 2]);
    expect((await other.basis()).sessions).toEqual({ loads: [1, 2], hasPins: true, head: 3 });
    expect(await other.pinsOf(['b', 'unknown', 'a'])).toEqual([
      expect.objectContaining({ session: 'b', partition: 1, lastSeen: 6 }),
      expect.objectContaining({ session: 'a', partition: 0, lastSeen: 5 }),
    ]);
    expect(await other.describe()).toMatchObject({ sessions: 2 });
  });

  it('do not exist where the routing is not sticky', async () => {
    const ledger = await openNew(storage, { routing: 'hash:k' });
    expect((await ledger.basis()).sessions).toBeNull();
    expect(((await ledger.commit(draftOf(await ledger.basis(), [event(1)]))) as Committed).loads).toBeNull();
    expect(await ledger.pinsOf(['a'])).toEqual([]);
  });

  it('are a conflict where another writer has made or renewed them, and nothing is stored then', async () => {
    const [one, other] = await openTwice(storage, IDLE);
    const basis = await other.basis();
    await one.commit(draftOf(basis, [event(5, 1)], { pins: changes([{ session: 'a', partition: 1, lastSeen: 5 }]) }));
    const unaware = changes([{ session: 'a', partition: 0, lastSeen: 5 }]);
    const conflict = (await other.commit(draftOf(basis, [event(5)], { pins: unaware }))) as Conflict;
    expect(conflict).toMatchObject({ kind: 'conflict', pins: [{ session: 'a', partition: 1, lastSeen: 5 }] });
    expect((await other.head()).sequence).toBe(1);
    const renewal = (before: number, lastSeen: number) =>
      draftOf(basis, [event(lastSeen, 1)], { pins: changes([{ session: 'a', partition: 1, lastSeen, before }]) });
    expect(await other.commit(renewal(5, 9))).toMatchObject({ kind: 'committed' });
    expect(await one.commit(renewal(5, 9))).toMatchObject({ kind: 'conflict', pins: [{ lastSeen: 9 }] });
    expect(await one.commit(renewal(9, 10))).toMatchObject({ kind: 'committed' });
  });

  it('are a conflict whatever the draft says of a head that is not the last one any more', async () => {
    const [one, other] = await openTwice(storage, IDLE);
    const basis = await other.basis();
    const drafted = (agreesAt: number | null, lastSeen: number, before?: number) =>
      draftOf(basis, [event(lastSeen)], {
        pins: changes([{ session: 'a', partition: 0, lastSeen, before }], Number.POSITIVE_INFINITY, agreesAt),
      });
    expect(await one.commit(drafted(0, 5))).toMatchObject({ kind: 'committed' });
    expect(await other.commit(drafted(0, 6))).toMatchObject({ kind: 'conflict', pins: [{ lastSeen: 5 }] });
    expect(await other.commit(drafted(1, 7, 5))).toMatchObject({ kind: 'committed' });
    expect(await one.commit(drafted(1, 8, 5))).toMatchObject({ kind: 'conflict', pins: [{ lastSeen: 7 }] });
    expect(await one.commit(drafted(null, 8, 5))).toMatchObject({ kind: 'conflict', pins: [{ lastSeen: 7 }] });
    expect(await other.pinsOf(['a'])).toMatchObject([{ lastSeen: 7 }]);
  });

  it.each([1, 255, 256, 257, 700])('of which %i are compared and stored together differ one by one', async (count) => {
    for (const key of ['s', 'ß']) {
      const ledger = await openNew(storage, IDLE);
      const basis = await ledger.basis();
      const pinsAt = (lastSeen: number, before: (nth: number) => { before?: number }) =>
        changes(
          Array.from({ length: count }, (_, nth) => ({
            session: `${key}${nth}`,
            partition: nth % 2,
            lastSeen,
            ...before(nth),
          })),
        );
      const commit = (time: number, before: (nth: number) => { before?: number }) =>
        ledger.commit(draftOf(basis, [event(time)], { pins: pinsAt(time, before) }));
      expect(await commit(5, () => ({}))).toMatchObject({ kind: 'committed' });
      const last = count - 1;
      // seen at another time, and unknown to the draft
      for (const wrong of [{ before: 4 }, {}]) {
        const answer = (await commit(9, (nth) => (nth === 0 || nth === last ? wrong : { before: 5 }))) as Conflict;
        const differing = [...new Set([0, last])].map((nth) => ({
          session: `${key}${nth}`,
          partition: nth % 2,
          lastSeen: 5,
        }));
        expect(answer).toMatchObject({ kind: 'conflict', pins: differing });
      }
      expect(await commit(9, () => ({ before: 5 }))).toMatchObject({ kind: 'committed' });
      const stored = await ledger.pinsOf(Array.from({ length: count }, (_, nth) => `${key}${nth}`));
      expect(stored.map(({ partition, lastSeen }) => [partition, lastSeen])).toEqual(
        Array.from({ length: count }, (_, nth) => [nth % 2, 9]),
      );
    }
  });

  it('move with arrival times that are raised, as far as the draft allows', async () => {
    const ledger = await openNew(storage, IDLE);
    const basis = await ledger.basis();
    await ledger.commit(draftOf(basis, [event(100)]));
    const late = (timeShiftMax: number) =>
      draftOf(basis, [event(60)], {
        hasArrivalTime: true,
        pins: changes([{ session: 'a', partition: 0, lastSeen: 60 }], timeShiftMax),
      });
    expect(await ledger.commit(late(39))).toMatchObject({ kind: 'conflict', basis: { floor: 100 } });
    expect(await ledger.commit(late(40))).toMatchObject({ kind: 'committed', firstTime: 100 });
    expect(await ledger.pinsOf(['a'])).toMatchObject([{ lastSeen: 100 }]);
  });

  it('have no time where sessions never end', async () => {
    const ledger = await openNew(storage, { routing: 'sticky:k' });
    const first = changes([{ session: 'a', partition: 1, lastSeen: 5 }]);
    await ledger.commit(draftOf(await ledger.basis(), [event(5, 1)], { pins: first }));
    expect(await ledger.pinsOf(['a'])).toMatchObject([{ partition: 1, lastSeen: NO_TIME }]);
  });

  it('stay valid across epochs while the sticky rule is the same, in partitions that still take keys', async () => {
    const ledger = await openNew(storage, IDLE);
    const pins = changes([
      { session: 'a', partition: 0, lastSeen: 5 },
      { session: 'b', partition: 1, lastSeen: 5 },
    ]);
    await ledger.commit(draftOf(await ledger.basis(), [event(5), event(5, 1)], { pins }));
    const { epoch } = await ledger.basis();
    const plan = { spec: epoch.spec, placements: [], keepsPlacements: true };
    await ledger.beginEpoch(() => ({ ...plan, newPartitionNames: ['more'], partitionIds: [1, 2] }));
    expect(await ledger.pinsOf(['a', 'b'])).toMatchObject([{ session: 'b', partition: 1 }]);
    expect((await ledger.basis()).sessions?.loads).toEqual([Number.POSITIVE_INFINITY, 1, 0]);
    const hash = { rule: 'hash', field: ['k'], missing: null } as const;
    await ledger.beginEpoch(() => ({ ...plan, spec: hash, newPartitionNames: [], partitionIds: [0, 1, 2] }));
    expect(await ledger.pinsOf(['a', 'b'])).toEqual([]);
    await ledger.beginEpoch(() => ({ ...plan, newPartitionNames: [], partitionIds: [0, 1, 2] }));
    expect(await ledger.pinsOf(['a', 'b']), 'another rule was in force meanwhile').toEqual([]);
  });

  it('of a transaction are seen inside it, and by others when it ends', async () => {
    const [one, other] = await openTwice(storage, IDLE);
    const draft = async () =>
      draftOf(await other.basis(), [event(5)], { pins: changes([{ session: 'a', partition: 0, lastSeen: 5 }]) });
    const abandoned = await one.begin();
    await abandoned.commit(await draft());
    expect(await abandoned.pinsOf(['a'])).toMatchObject([{ partition: 0 }]);
    await abandoned.abandon();
    expect(await other.pinsOf(['a'])).toEqual([]);
    const ended = await one.begin();
    await ended.commit(await draft());
    await ended.end();
    expect(await other.pinsOf(['a'])).toMatchObject([{ partition: 0 }]);
  });
});
