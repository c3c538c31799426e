import { describe, expect, it } from 'vitest';
import type { Membership } from '../../../src/core/model/group.ts';
import { failureOf } from '../../support/engines.ts';
import { openGroupStore } from '../../support/group-store.ts';

const TTL = 1000;
const ALL = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1000 };

async function openStore(partitions = 2) {
  const { groups, db } = await openGroupStore({ partitions, events: 5 });
  await groups.create('g', 1, 0);
  const heartbeat = (member: string, now: number, joined: Membership | null = null, idle: readonly number[] = []) =>
    groups.heartbeat({ group: 'g', member, token: joined?.token ?? null, partitions: null, ttl: TTL, now, idle });
  const positions = async () => (await groups.positions('g')).map(({ nextOffset }) => nextOffset);
  return { groups, db, heartbeat, positions };
}

describe('leases', () => {
  it('go to the first member, and are shared when another joins and they are idle', async () => {
    const { heartbeat } = await openStore(4);
    const one = await heartbeat('one', 0);
    expect(one.leases.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    const other = await heartbeat('other', 1);
    expect(other.leases).toEqual([]);
    const renewed = await heartbeat('one', 2, one);
    expect(renewed.surplus).toHaveLength(2);
    const given = await heartbeat('one', 3, one, renewed.surplus);
    expect({ held: given.leases.length, surplus: given.surplus }).toEqual({ held: 2, surplus: [] });
    expect((await heartbeat('other', 4, other)).leases.map(({ partition }) => partition)).toEqual(renewed.surplus);
  });

  it('end with the time of a member that is silent, and their tokens grow', async () => {
    const { heartbeat } = await openStore();
    const one = await heartbeat('one', 0);
    expect((await heartbeat('other', TTL - 1)).leases).toEqual([]);
    const other = await heartbeat('other', TTL);
    expect(other.leases.map(({ partition }) => partition)).toEqual([0, 1]);
    for (const { token } of other.leases)
      expect(token).toBeGreaterThan(Math.max(...one.leases.map((lease) => lease.token)));
  });

  it('do not last longer because the clock was set back', async () => {
    const { heartbeat } = await openStore();
    await heartbeat('one', 1_000_000);
    expect((await heartbeat('other', 10)).leases).toEqual([]);
    expect((await heartbeat('other', 10 + TTL)).leases).toHaveLength(2);
  });

  it('of a member that joins again under its name are new ones', async () => {
    const { heartbeat } = await openStore();
    const before = await heartbeat('one', 0);
    const again = await heartbeat('one', 1);
    expect(again.leases.map(({ partition }) => partition)).toEqual([0, 1]);
    expect(again.leases[0]?.token).toBeGreaterThan(before.leases[0]?.token ?? 0);
    await failureOf(() => heartbeat('one', 2, before), 'MEMBER_REPLACED');
  });
});

describe('an acknowledgement', () => {
  it('moves the cursor of the lease holder, and never back', async () => {
    const { groups, heartbeat, positions } = await openStore();
    const { leases } = await heartbeat('one', 0);
    const token = leases[0]?.token ?? 0;
    expect(await groups.acknowledge([{ group: 'g', partition: 0, token, nextOffset: 3, nextSequence: 6 }])).toEqual([
      true,
    ]);
    expect(await groups.acknowledge([{ group: 'g', partition: 0, token, nextOffset: 2, nextSequence: 4 }])).toEqual([
      false,
    ]);
    expect(await positions()).toEqual([3, 0]);
  });

  it('of a member that lost its lease while it was paused is refused, and so are its failures and its parking', async () => {
    const { groups, heartbeat, positions } = await openStore();
    const paused = await heartbeat('paused', 0);
    await heartbeat('other', TTL + 1);
    const heldLease = { group: 'g', partition: 0, token: paused.leases[0]?.token ?? 0 };
    expect(await groups.acknowledge([{ ...heldLease, nextOffset: 4, nextSequence: 9 }])).toEqual([false]);
    expect(await groups.countFailure(heldLease)).toBeNull();
    const event = { partition: 0, offset: 0, sequence: 1, reason: 'no', details: '', attempts: 1, now: 2 };
    expect(await groups.park(heldLease, event)).toBe(false);
    expect(await groups.beginRedelivery(heldLease)).toBe('lost');
    expect(await groups.settle(heldLease, 1, null)).toBe('lost');
    expect({ positions: await positions(), parked: await groups.parked('g', ALL) }).toEqual({
      positions: [0, 0],
      parked: [],
    });
  });

  it('does not touch the chain', async () => {
    const { groups, db, heartbeat } = await openStore();
    const chain = () => db.prepare('SELECT * FROM commits').all();
    const before = chain();
    const { leases } = await heartbeat('one', 0);
    await groups.acknowledge([
      { group: 'g', partition: 1, token: leases[1]?.token ?? 0, nextOffset: 5, nextSequence: 11 },
    ]);
    expect(chain()).toEqual(before);
  });
});

describe('a death', () => {
  it('with an event pending counts as a failed delivery of it, and one without does not', async () => {
    const { groups, heartbeat } = await openStore();
    const one = await heartbeat('one', 0);
    await groups.acknowledge([
      { group: 'g', partition: 1, token: one.leases[1]?.token ?? 0, nextOffset: 5, nextSequence: 11 },
    ]);
    const other = await heartbeat('other', TTL * 2);
    expect(other.leases.map(({ partition, attempts }) => [partition, attempts])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });
});

describe('a group', () => {
  it('begins before any sequence, also in the middle of a commit', async () => {
    const { groups } = await openStore(3);
    for (const [sequence, offsets] of [
      [1, [0, 0, 0]],
      [5, [2, 1, 1]],
      [6, [2, 2, 1]],
      [16, [5, 5, 5]],
      [99, [5, 5, 5]],
    ] as const) {
      await groups.create(`from-${sequence}`, sequence, 0);
      expect((await groups.positions(`from-${sequence}`)).map(({ nextOffset }) => nextOffset)).toEqual(offsets);
    }
  });

  it('parks an event once, however often it comes to that', async () => {
    const { groups, heartbeat } = await openStore();
    const event = { partition: 0, offset: 0, sequence: 1, reason: 'no', details: 'said', attempts: 3, now: 7 };
    for (let round = 0; round < 2; round++) {
      const { leases, token } = await heartbeat('one', round);
      expect(await groups.park({ group: 'g', partition: 0, token: leases[0]?.token ?? 0 }, event)).toBe(true);
      await groups.leave('g', 'one', token);
      await groups.move({ group: 'g', sequence: 1, now: round, partitions: [0], force: false });
    }
    expect(await groups.parked('g', ALL)).toEqual([
      {
        partition: 0,
        offset: 0,
        sequence: 1,
        reason: 'no',
        details: 'said',
        attempts: 6,
        parkedAt: 7,
        redeliveryDue: false,
      },
    ]);
  });
});
