import { describe, expect, it } from 'vitest';
import type { RecordStore, StoredRecord } from '../../../../src/core/ledger/log/record-store.ts';
import { failureOf } from '../../../support/engines.ts';
import { eventAt, GroupSite, held, TTL } from '../../../support/group-site.ts';

const HOUR = 3_600_000_000;
/** Longer than the answer of a store may be old. */
const LONG = 20_000_000;

async function openSite() {
  const site = new GroupSite();
  const machine = site.connect();
  await machine.groups.create('g', 1, 0);
  return { site, machine };
}

/** Member `one` holds both partitions, and has parked the first event of partition 0. */
async function openParked() {
  const { site, machine } = await openSite();
  const one = await machine.heartbeat('one');
  await machine.groups.park(held(one), eventAt(0));
  return { site, machine, one };
}

describe('leases of machines with clocks that are wrong', () => {
  it('end by the clock of the store, and are answered by the clock of their member', async () => {
    const { site } = await openSite();
    const [early, late] = [site.connect(), site.connect()];
    const one = await early.heartbeat('one', null, -HOUR);
    expect(one).toMatchObject({ expiresAt: -HOUR + TTL, leases: [{ partition: 0 }, { partition: 1 }] });
    site.now = TTL - 1;
    expect((await late.heartbeat('two', null, HOUR)).leases).toEqual([]);
    const move = { group: 'g', sequence: 1, partitions: null, force: false };
    await failureOf(() => late.groups.move({ ...move, now: 2 * HOUR }), 'GROUP_IN_USE');
    site.now = TTL;
    expect((await late.heartbeat('three', null, HOUR)).leases).toHaveLength(1);
    site.now = 3 * TTL;
    expect(await late.groups.move({ ...move, now: -2 * HOUR })).toMatchObject({ liveMembers: [] });
  });

  it('are summarized by the newest record, or by the clock of the caller where that is later', async () => {
    const { site, machine } = await openSite();
    site.now = HOUR;
    await machine.heartbeat('one');
    const members = async (now: number) => (await machine.groups.summaries(now))[0]?.members;
    expect(await members(0)).toEqual([{ name: 'one', expiresAt: TTL, isAlive: true }]);
    expect(await members(HOUR + TTL)).toEqual([{ name: 'one', expiresAt: HOUR + TTL, isAlive: false }]);
  });
});

describe('a heartbeat', () => {
  /** Two members that hold one partition each; `renew` is a heartbeat of the other one, which changes no lease. */
  async function openTwo() {
    const { site } = await openSite();
    const [machine, other] = [site.connect(), site.connect()];
    let one = await machine.heartbeat('one');
    let two = await other.heartbeat('two');
    one = await machine.groups.heartbeat({
      ...{ group: 'g', member: 'one', token: one.token, partitions: null, ttl: TTL, now: 0 },
      idle: one.leases.map(({ partition }) => partition),
    });
    const renew = async () => {
      two = await other.heartbeat('two', two);
    };
    for (let at = 0; at < 2; at++) await renew();
    expect([one.leases.length, two.leases.length]).toEqual([1, 1]);
    const cost = async () => {
      const { readings, lists, writes } = machine.records;
      one = await machine.heartbeat('one', one);
      expect(one.leases.length).toBe(1);
      const { records } = machine;
      return { readings: records.readings - readings, lists: records.lists - lists, writes: records.writes - writes };
    };
    await cost();
    return { machine, renew, cost };
  }

  it('that the renewals of others come before reads the group again, and not every cursor', async () => {
    const { machine, renew, cost } = await openTwo();
    const alone = await cost();
    const others = 5;
    let left = others;
    const renewBefore = async () => {
      await renew();
      if (--left > 0) machine.records.disturb(0, 'interrupted', renewBefore);
    };
    machine.records.disturb(1, 'interrupted', renewBefore);
    const { readings, lists, writes } = await cost();
    expect(left).toBe(0);
    expect({ readings, lists, writes }).toEqual({
      readings: alone.readings + others,
      lists: alone.lists,
      writes: alone.writes + others,
    });
  });

  it('asks for the time with one write, also while others do', async () => {
    const { machine, renew, cost } = await openTwo();
    const alone = await cost();
    machine.records.disturb(0, 'interrupted', renew);
    expect((await cost()).writes).toBe(alone.writes);
    expect(machine.records.hasHappened).toBe(true);
  });
});

describe('an acknowledgement', () => {
  it('is one write, and nothing is read before', async () => {
    const { machine } = await openSite();
    const lease = held(await machine.heartbeat('one'));
    const { readings, writes } = machine.records;
    for (const nextOffset of [1, 2, 3])
      await machine.groups.acknowledge([{ ...lease, nextOffset, nextSequence: nextOffset * 2 }]);
    expect([machine.records.readings - readings, machine.records.writes - writes]).toEqual([0, 3]);
  });

  it('by another process that has the token reads once', async () => {
    const { site, machine } = await openSite();
    const lease = held(await machine.heartbeat('one'));
    const other = site.connect();
    expect(await other.groups.acknowledge([{ ...lease, nextOffset: 1, nextSequence: 2 }])).toEqual([true]);
    expect(other.records.readings).toBe(1);
    // the first one has an old revision, and the lease
    expect(await machine.groups.acknowledge([{ ...lease, nextOffset: 2, nextSequence: 4 }])).toEqual([true]);
  });

  it('of many in one call takes those of one partition in order', async () => {
    const { machine } = await openSite();
    const one = await machine.heartbeat('one');
    const all = [1, 2, 3].flatMap((nextOffset) =>
      [0, 1].map((partition) => ({ ...held(one, partition), nextOffset, nextSequence: nextOffset * 2 + 1 })),
    );
    expect(await machine.groups.acknowledge(all)).toEqual(all.map(() => true));
    expect((await machine.groups.positions('g')).map(({ nextOffset }) => nextOffset)).toEqual([3, 3]);
  });
});

describe('partitions that an epoch adds', () => {
  it('begin a generation, and are taken up by the next heartbeat', async () => {
    const { site, machine } = await openSite();
    const one = await machine.heartbeat('one');
    expect(await machine.groups.generation('g')).toBe(one.generation);
    site.partitions = 3;
    expect(await machine.groups.generation('g')).toBeGreaterThan(one.generation);
    const again = await machine.heartbeat('one', one);
    expect(again.leases.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    expect(await machine.groups.generation('g')).toBe(again.generation);
    // a process that has not read of the epoch yet takes nothing back
    site.partitions = 2;
    const behind = await site.connect().heartbeat('one', one);
    expect(behind).toMatchObject({ generation: again.generation });
    site.partitions = 3;
    expect((await machine.heartbeat('one', one)).leases).toEqual(again.leases);
  });
});

describe('a request for redelivery', () => {
  it('is forgotten once nothing is due, and not before every answer of the store shows it', async () => {
    const { site, machine, one } = await openParked();
    const isHinted = async () => (await machine.heartbeat('one', one)).due.length > 0;
    expect(await isHinted()).toBe(false);
    await machine.groups.changeParked('g', [1], 'redeliver');
    await machine.groups.beginRedelivery(held(one));
    expect(await machine.groups.beginRedelivery(held(one))).toBe('none');
    expect(await isHinted()).toBe(true);
    site.now += LONG;
    expect(await machine.groups.beginRedelivery(held(await machine.heartbeat('one')))).toBe('none');
    expect((await machine.heartbeat('two')).due).toEqual([]);
    expect((await machine.groupStore.state('g'))?.members).toHaveLength(2);
  });

  it('is never there without a hint for the members, wherever it ends', async () => {
    for (let write = 0; ; write++) {
      const { site, one } = await openParked();
      const operator = site.connect();
      operator.records.disturb(write, 'cutAfter');
      await operator.groups.changeParked('g', [1], 'redeliver').catch(() => undefined);
      if (!operator.records.hasHappened) break;
      const other = site.connect();
      const isDue = (await other.stored())?.parked[0]?.redeliveryDue === true;
      if (isDue) expect((await other.heartbeat('one', one)).due).toEqual([0]);
    }
  });

  it('of many events lists them once, and takes the first one first', async () => {
    const { machine, one } = await openParked();
    for (const offset of [1, 2, 3]) await machine.groups.park(held(one), eventAt(offset));
    await machine.groups.changeParked('g', { after: 0, through: 99, limit: 99 }, 'redeliver');
    const begun: unknown[] = [];
    const { readings } = machine.records;
    for (let round = 0; round < 4; round++) begun.push(await machine.groups.beginRedelivery(held(one)));
    expect(begun).toMatchObject([{ sequence: 1 }, { sequence: 3 }, { sequence: 5 }, { sequence: 7 }]);
    const [first, more] = [3, 4];
    expect(machine.records.readings - readings).toBe(first + 3 * more);
  });
});

describe('a store', () => {
  it('in which others are always first is BUSY after a bounded number of tries, with growing pauses', async () => {
    const site = new GroupSite();
    const races: RecordStore = {
      get: (key) => site.records.get(key),
      list: (prefix) => site.records.list(prefix),
      put: async (key, value, revision) => (key.startsWith('g.') ? null : site.records.put(key, value, revision)),
      delete: async () => false,
    };
    const error = await failureOf(() => site.connect(races).groups.create('g', 1, 0), 'BUSY');
    expect(error.message).toContain('g.67');
    expect(site.pauses).toHaveLength(29);
    expect(site.pauses.slice(0, 3)).toEqual([1, 2, 4]);
    expect(Math.max(...site.pauses)).toBe(50);
  });

  it('whose answers are older than what a machine has written itself does not take that back', async () => {
    const site = new GroupSite();
    const old = new Map<string, StoredRecord | null>();
    let isOld = false;
    const machine = site.connect({
      get: async (key) => (isOld && key.startsWith('g.') ? (old.get(key) ?? null) : site.records.get(key)),
      list: (prefix) => site.records.list(prefix),
      put: (key, value, revision) => site.records.put(key, value, revision),
      delete: (key, revision) => site.records.delete(key, revision),
    });
    isOld = true;
    await machine.groups.create('g', 1, 0);
    expect(await machine.groups.generation('g')).toBe(0);
    old.set('g.67', await site.records.get('g.67'));
    const one = await machine.heartbeat('one');
    expect(await machine.groups.generation('g')).toBe(one.generation);
    expect((await machine.heartbeat('one', one)).leases).toEqual(one.leases);
  });

  it('with old answers, of which one is lost as well, does not lose an event that is parked', async () => {
    const { site } = await openSite();
    let isOld = false;
    const machine = site.connect({
      get: async (key) => (isOld && key.startsWith('k.') ? null : site.records.get(key)),
      list: (prefix) => site.records.list(prefix),
      put: (key, value, revision) => site.records.put(key, value, revision),
      delete: (key, revision) => site.records.delete(key, revision),
    });
    const lease = held(await machine.heartbeat('one'));
    isOld = true;
    const third = 2;
    machine.records.disturb(third, 'before');
    expect(await machine.groups.park(lease, eventAt(0))).toBe(true);
    expect(machine.records.hasHappened).toBe(true);
    expect(await machine.groups.acknowledge([{ ...lease, nextOffset: 2, nextSequence: 4 }])).toEqual([true]);
    expect((await site.connect().stored())?.parked).toMatchObject([{ sequence: 1 }]);
  });

  it('with a record that cannot be read names its key, in every call that needs it', async () => {
    const damage = async (key: string, value: string) => {
      const { site, one } = await openParked();
      await site.records.put(key, value, (await site.records.get(key))?.revision ?? 0);
      return { machine: site.connect(), one };
    };
    for (const value of ['', '{', 'null', '[]', '{"__proto__":{"v":1}}', '{"v":2,"by":"x"}']) {
      const g = await damage('g.67', value);
      for (const call of [
        () => g.machine.heartbeat('two'),
        () => g.machine.groups.positions('g'),
        () => g.machine.groups.generation('g'),
        () => g.machine.groups.summaries(0),
      ])
        expect((await failureOf(call, 'DAMAGED_LEDGER')).message).toContain('"g.67"');
      const c = await damage('c.67.0', value);
      for (const call of [
        () => c.machine.heartbeat('two'),
        () => c.machine.groups.acknowledge([{ ...held(c.one), nextOffset: 3, nextSequence: 6 }]),
        () => c.machine.groups.countFailure(held(c.one), 1, null),
      ])
        expect((await failureOf(call, 'DAMAGED_LEDGER')).message).toContain('"c.67.0"');
      const k = await damage('k.67.0.1', value);
      for (const call of [
        () => k.machine.groups.checkParked('g', [1]),
        () => k.machine.groups.endRedelivery(held(k.one), 1, null),
        () => k.machine.groups.changeParked('g', [1], 'drop'),
      ])
        expect((await failureOf(call, 'DAMAGED_LEDGER')).message).toContain('"k.67.0.1"');
    }
  });

  it.each([
    [1, 0],
    [5, 2],
  ])(
    'from which the record of a group was deleted alone takes a new group of its name (from %i)',
    async (from, offset) => {
      const { site, one } = await openParked();
      const { revision } = (await site.records.get('g.67')) as StoredRecord;
      await site.records.delete('g.67', revision);
      const machine = site.connect();
      expect(await machine.groups.create('g', from, 0)).toBe(true);
      expect((await machine.groups.positions('g')).map(({ nextOffset }) => nextOffset)).toEqual([offset, offset]);
      const again = await machine.heartbeat('one');
      expect(await machine.groups.acknowledge([{ ...held(one), nextOffset: 4, nextSequence: 8 }])).toEqual([false]);
      expect(await machine.groups.acknowledge([{ ...held(again), nextOffset: 3, nextSequence: 6 }])).toEqual([true]);
    },
  );

  it('has no group under a name that is none', async () => {
    const { machine } = await openSite();
    for (const name of ['', '..', 'G', '\u0000'])
      for (const call of [() => machine.groupStore.generation(name), () => machine.groupStore.state(name)])
        expect(await call()).toBeNull();
  });
});
