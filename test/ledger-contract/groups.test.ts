/** Laws of consumer groups, for every storage. */

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type GroupLedger, Groups } from '../../src/core/ledger/groups.ts';
import type { CursorMove, Heartbeat, Membership } from '../../src/core/model/group.ts';
import { anyCharacter } from '../support/any-character.ts';
import { failureOf } from '../support/engines.ts';
import { quick } from '../support/test-size.ts';
import { draftOf, readAll } from './drafts.ts';
import { GROUP_STORAGES, openNew, stopStorages } from './drivers.ts';
import type { Storage } from './storage.ts';

afterAll(stopStorages);

const TTL = 1000;
const ALL = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1000 };

/** Calls with a time set the clock of the storage to it, so that both clocks go alike. */
class GroupsAt extends Groups {
  readonly #storage: Storage;

  constructor(ledger: GroupLedger, storage: Storage) {
    super(ledger);
    this.#storage = storage;
  }

  override create(group: string, fromSequence: number, now: number) {
    this.#storage.setTime?.(now);
    return super.create(group, fromSequence, now);
  }

  override heartbeat(beat: Heartbeat) {
    this.#storage.setTime?.(beat.now);
    return super.heartbeat(beat);
  }

  override delete(deletion: Parameters<Groups['delete']>[0]) {
    this.#storage.setTime?.(deletion.now);
    return super.delete(deletion);
  }

  override move(move: CursorMove) {
    this.#storage.setTime?.(move.now);
    return super.move(move);
  }
}

/** A ledger with a group `g` and five commits, each with one event for every partition. Times are sequences. */
async function openGroup(storage: Storage, partitions = 2) {
  const ledger = await openNew(storage, { partitions });
  for (let at = 0; at < 5; at++) {
    const events = Array.from({ length: partitions }, (_, partition) => ({
      partition,
      time: at * partitions + partition + 1,
      payload: `${at}`,
    }));
    await ledger.commit(draftOf(await ledger.basis(), events));
  }
  const groups = new GroupsAt(ledger, storage);
  await groups.create('g', 1, 0);
  const heartbeat = (member: string, now: number, joined: Membership | null = null, idle: readonly number[] = []) =>
    groups.heartbeat({ group: 'g', member, token: joined?.token ?? null, partitions: null, ttl: TTL, now, idle });
  const positions = async () => (await groups.positions('g')).map(({ nextOffset }) => nextOffset);
  return { ledger, groups, heartbeat, positions };
}

/** The lease of a partition, as its holder writes about it. */
const held = ({ leases }: Membership, partition = 0) => ({
  group: 'g',
  partition,
  token: leases.find((lease) => lease.partition === partition)?.token ?? 0,
});

const PARKED = { partition: 0, offset: 0, sequence: 1, reason: 'no', details: 'output', attempts: 3, now: 7 };

describe.each(GROUP_STORAGES)('leases in $name', (storage) => {
  it('all go to the first member, and are shared with the next one as they become idle', async () => {
    const { heartbeat } = await openGroup(storage, 4);
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

  it('expire with a member that sends no heartbeat, and their tokens grow', async () => {
    const { heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    expect((await heartbeat('other', TTL - 1)).leases).toEqual([]);
    const other = await heartbeat('other', TTL);
    expect(other.leases.map(({ partition }) => partition)).toEqual([0, 1]);
    for (const { token } of other.leases)
      expect(token).toBeGreaterThan(Math.max(...one.leases.map((lease) => lease.token)));
  });

  it('are held by one member for each partition, whichever partitions it asked for', async () => {
    const { groups } = await openGroup(storage, 3);
    const beat = { group: 'g', token: null, ttl: TTL, now: 0, idle: [] };
    const one = await groups.heartbeat({ ...beat, member: 'one', partitions: [2] });
    const other = await groups.heartbeat({ ...beat, member: 'other', partitions: null });
    expect([one, other].map(({ leases }) => leases.map(({ partition }) => partition))).toEqual([[2], [0, 1]]);
  });

  it('end when their member leaves, and only with its own token', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    await groups.leave('g', 'one', one.token + 1);
    await groups.leave('none', 'one', one.token);
    expect((await heartbeat('other', 1)).leases).toEqual([]);
    await groups.leave('g', 'one', one.token);
    expect((await heartbeat('third', 2)).leases).not.toEqual([]);
  });

  it('keep the generation while nothing about members and leases changes', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    expect(await groups.generation('g')).toBe(one.generation);
    expect(await heartbeat('one', 1, one)).toEqual({ ...one, expiresAt: 1 + TTL });
    expect((await heartbeat('other', 2)).generation).toBeGreaterThan(one.generation);
    expect(await groups.generation('none')).toBeNull();
  });

  it('are not renewed by a look, which writes nothing until there is something to move', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    const look = (now: number, { token }: Membership, idle: readonly number[] = []) =>
      groups.heartbeat({ group: 'g', member: 'one', token, partitions: null, ttl: TTL, now, idle, isLook: true });
    expect(await look(5, one)).toEqual(one);
    await heartbeat('other', 6);
    const asked = await look(7, one);
    expect(asked).toMatchObject({ expiresAt: TTL, surplus: [expect.any(Number)] });
    const given = await look(8, one, asked.surplus);
    expect([given.leases.length, given.generation > asked.generation]).toEqual([1, true]);
    // one that comes too late is as good as any other
    expect((await look(2 * TTL, given)).expiresAt).toBe(3 * TTL);
  });

  it('do not last longer because the clock was set back', async () => {
    const { heartbeat } = await openGroup(storage);
    await heartbeat('one', 1_000_000);
    expect((await heartbeat('other', 10)).leases).toEqual([]);
    expect((await heartbeat('other', 10 + TTL)).leases).toHaveLength(2);
  });

  it('of a member that joins again under its name are new ones', async () => {
    const { heartbeat } = await openGroup(storage);
    const before = await heartbeat('one', 0);
    const again = await heartbeat('one', 1);
    expect(again.leases.map(({ partition }) => partition)).toEqual([0, 1]);
    expect(again.leases[0]?.token).toBeGreaterThan(before.leases[0]?.token ?? 0);
    await failureOf(() => heartbeat('one', 2, before), 'MEMBER_REPLACED');
  });
});

describe.each(GROUP_STORAGES)('an acknowledgement in $name', (storage) => {
  it('moves the cursor for the holder of the lease, and never back', async () => {
    const { groups, heartbeat, positions } = await openGroup(storage);
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

  it('of a member that lost its lease while paused is refused, and so are its failures and its parking', async () => {
    const { groups, heartbeat, positions } = await openGroup(storage);
    const paused = await heartbeat('paused', 0);
    await heartbeat('other', TTL + 1);
    const heldLease = { group: 'g', partition: 0, token: paused.leases[0]?.token ?? 0 };
    expect(await groups.acknowledge([{ ...heldLease, nextOffset: 4, nextSequence: 9 }])).toEqual([false]);
    expect(await groups.countFailure(heldLease, 1, null)).toBeNull();
    const event = { partition: 0, offset: 0, sequence: 1, reason: 'no', details: '', attempts: 1, now: 2 };
    expect(await groups.park(heldLease, event)).toBe(false);
    expect(await groups.beginRedelivery(heldLease)).toBe('lost');
    expect(await groups.endRedelivery(heldLease, 1, null)).toBe('lost');
    expect({ positions: await positions(), parked: await groups.parked('g', ALL) }).toEqual({
      positions: [0, 0],
      parked: [],
    });
  });

  it('does not change the chain', async () => {
    const { ledger, groups, heartbeat } = await openGroup(storage);
    const chain = async () => ({ head: await ledger.head(), events: await readAll(ledger) });
    const before = await chain();
    const { leases } = await heartbeat('one', 0);
    await groups.acknowledge([
      { group: 'g', partition: 1, token: leases[1]?.token ?? 0, nextOffset: 5, nextSequence: 11 },
    ]);
    expect(await chain()).toEqual(before);
    await ledger.verify({});
  });
});

describe.each(GROUP_STORAGES)('a death in $name', (storage) => {
  it('with events pending counts as a failed delivery of the next one, and without any does not', async () => {
    const { groups, heartbeat } = await openGroup(storage);
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

describe.each(GROUP_STORAGES)('a group in $name', (storage) => {
  it('can start at any sequence, also in the middle of a commit', async () => {
    const { groups } = await openGroup(storage, 3);
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

  it('parks an event once, however often it fails', async () => {
    const { groups, heartbeat } = await openGroup(storage);
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

  it('is made once, and asked for by its name', async () => {
    const { groups, positions } = await openGroup(storage);
    expect(await groups.create('g', 5, 9)).toBe(false);
    expect(await positions()).toEqual([0, 0]);
    await failureOf(async () => groups.create('not a name!', 1, 0), 'INVALID_ARGUMENT');
    const move = { group: 'none', sequence: 1, now: 0, partitions: null, force: false };
    for (const call of [
      () => groups.heartbeat({ ...move, member: 'one', token: null, ttl: TTL, idle: [] }),
      () => groups.positions('none'),
      () => groups.parked('none', ALL),
      () => groups.checkParked('none', []),
      () => groups.changeParked('none', [], 'redeliver'),
      () => groups.changeParked('none', ALL, 'redeliver'),
      () => groups.changeParked('none', [], 'drop'),
      () => groups.changeParked('none', ALL, 'drop'),
      () => groups.planMove(move),
      () => groups.move(move),
    ])
      await failureOf(call, 'UNKNOWN_GROUP');
  });

  it('reads a partition from a sequence on, within bounds, one frame at least', async () => {
    const { ledger } = await openGroup(storage);
    const read = async (fromSequence: number, events: number, bytes: number) =>
      (await ledger.readLane({ partition: 1, fromSequence, events, bytes })).map(({ firstSequence }) => firstSequence);
    expect(await read(1, 100, 1e6)).toEqual([1, 3, 5, 7, 9]);
    expect(await read(1, 2, 1e6)).toEqual([1, 3]);
    expect(await read(1, 100, 1)).toEqual([1]);
    expect(await read(11, 100, 1e6)).toEqual([]);
    // of a frame that begins before, nobody knows how much comes after
    expect(await read(4, 1, 1)).toEqual([3, 5]);
    // unless the caller has read it, and says so
    const ahead = { partition: 1, fromSequence: 4, events: 100, bytes: 1e6 };
    for (const [fromOffset, sequences] of [
      [1, [3, 5, 7, 9]],
      [2, [5, 7, 9]],
      [4, [9]],
      [5, []],
    ] as const)
      expect((await ledger.readLane({ ...ahead, fromOffset })).map(({ firstSequence }) => firstSequence)).toEqual(
        sequences,
      );
  });

  it('is moved to another sequence: leases end, and live members are asked first', async () => {
    const { groups, heartbeat, positions } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    const move = { group: 'g', sequence: 5, now: 1, partitions: null, force: false };
    const plan = await groups.planMove(move);
    expect(plan).toEqual({
      liveMembers: ['one'],
      steps: [0, 1].map((partition) => ({
        partition,
        from: { nextOffset: 0, nextSequence: 1 },
        to: { nextOffset: 2, nextSequence: 5 },
      })),
    });
    await failureOf(() => groups.move(move), 'GROUP_IN_USE');
    expect(await positions()).toEqual([0, 0]);
    expect(await groups.move({ ...move, partitions: [1], force: true })).toEqual({ ...plan, steps: [plan.steps[1]] });
    expect(await positions()).toEqual([0, 2]);
    const acknowledged = await groups.acknowledge(
      [0, 1].map((partition) => ({ ...held(one, partition), nextOffset: 3, nextSequence: 7 })),
    );
    expect(acknowledged).toEqual([true, false]);
    expect((await groups.move({ ...move, now: TTL })).liveMembers).toEqual([]);
  });

  it('is moved past one event only where it is the next one', async () => {
    const { groups, positions } = await openGroup(storage);
    const past = { partition: 1, offset: 0, sequence: 2 };
    const move = { group: 'g', sequence: 3, now: 0, partitions: [1], force: false };
    await failureOf(() => groups.move({ ...move, past: { ...past, offset: 1 } }), 'CURSOR_CONFLICT');
    expect(await positions()).toEqual([0, 0]);
    expect((await groups.move({ ...move, past })).steps).toMatchObject([
      { partition: 1, from: { nextOffset: 0 }, to: { nextOffset: 1 } },
    ]);
    expect(await positions()).toEqual([0, 1]);
    await failureOf(() => groups.move({ ...move, past }), 'CURSOR_CONFLICT');
  });

  it('is deleted with all that is stored of it, once its members have left or by force', async () => {
    const { groups, heartbeat, positions } = await openGroup(storage);
    const deletion = (now: number, force = false) => ({ group: 'g', now, force });
    const one = await heartbeat('one', 0);
    await groups.park(held(one), { ...PARKED, offset: 0, sequence: 1 });
    await groups.create('other', 1, 0);
    await failureOf(() => groups.delete(deletion(0)), 'GROUP_IN_USE');
    const expired = await failureOf(() => groups.delete(deletion(2 * TTL)), 'GROUP_IN_USE');
    expect(expired.message).toContain('one (expired)');
    await failureOf(() => groups.delete({ ...deletion(0), group: 'none' }), 'UNKNOWN_GROUP');
    await groups.delete(deletion(2 * TTL, true));
    expect((await groups.summaries(0)).map(({ name }) => name)).toEqual(['other']);
    expect(await groups.generation('g')).toBeNull();
    await failureOf(() => groups.parked('g', ALL), 'UNKNOWN_GROUP');
    await failureOf(() => heartbeat('one', 2 * TTL, one), 'UNKNOWN_GROUP');
    expect(await groups.acknowledge([{ ...held(one, 1), nextOffset: 1, nextSequence: 3 }])).toHaveLength(1);
    // a new group under the name knows nothing of it
    expect(await groups.create('g', 5, 2 * TTL)).toBe(true);
    expect(await positions()).toEqual([2, 2]);
    expect(await groups.parked('g', ALL)).toEqual([]);
    const two = await heartbeat('two', 2 * TTL);
    expect(two.leases).toMatchObject([{ nextOffset: 2 }, { nextOffset: 2 }]);
    await groups.leave('g', 'two', two.token);
    await groups.delete(deletion(2 * TTL));
    expect((await groups.summaries(0)).map(({ name }) => name)).toEqual(['other']);
  });

  it('counts failures of the next event until it is acknowledged', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    const lease = held(await heartbeat('one', 0));
    expect([await groups.countFailure(lease, 1, null), await groups.countFailure(lease, 1, null)]).toEqual([1, 2]);
    await groups.countFailure(lease, -1, null);
    expect((await groups.summaries(0))[0]?.lanes[0]).toMatchObject({ attempts: 1 });
    await groups.acknowledge([{ ...lease, nextOffset: 1, nextSequence: 2 }]);
    await groups.countFailure(lease, -1, null);
    expect((await groups.summaries(0))[0]?.lanes[0]).toMatchObject({ attempts: 0 });
  });

  const failed = (reason: string, sequence = 1) => ({ sequence, failedAt: 7, member: 'one', reason });
  const failuresOf = async (groups: Groups) => (await groups.summaries(0))[0]?.lanes.map(({ failure }) => failure);

  it('keeps the last failure of the next event until the cursor passes it', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    expect(await groups.countFailure(held(one), 1, failed('first'))).toBe(1);
    expect(await failuresOf(groups)).toEqual([{ ...failed('first'), attempts: 1 }, null]);
    // a delivery that is counted before it begins, and how it ended
    await groups.countFailure(held(one), 1, null);
    expect(await failuresOf(groups)).toEqual([{ ...failed('first'), attempts: 1 }, null]);
    await groups.countFailure(held(one), 0, failed('second'));
    expect(await failuresOf(groups)).toEqual([{ ...failed('second'), attempts: 2 }, null]);
    // one that was interrupted
    await groups.countFailure(held(one), 1, null);
    expect(await groups.countFailure(held(one), -1, null)).toBe(2);
    expect(await failuresOf(groups)).toEqual([{ ...failed('second'), attempts: 2 }, null]);
    await groups.countFailure(held(one, 1), 0, failed('cannot be run', 2));
    expect(await failuresOf(groups)).toMatchObject([{ reason: 'second' }, { attempts: 0, reason: 'cannot be run' }]);

    await groups.acknowledge([{ ...held(one), nextOffset: 1, nextSequence: 2 }]);
    expect(await failuresOf(groups)).toMatchObject([null, { reason: 'cannot be run' }]);
    await groups.countFailure(held(one), 1, failed('no', 3));
    await groups.park(held(one), { ...PARKED, offset: 1, sequence: 3 });
    expect(await failuresOf(groups)).toMatchObject([null, { reason: 'cannot be run' }]);
    expect(await groups.parked('g', ALL)).toMatchObject([{ sequence: 3, reason: 'no' }]);
  });

  it('keeps it where a lease changes hands, and takes none from a member that has lost its lease', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    await groups.countFailure(held(one), 1, failed('known'));
    await groups.leave('g', 'one', one.token);
    expect(await failuresOf(groups)).toEqual([{ ...failed('known'), attempts: 1 }, null]);
    const other = await heartbeat('other', 1);
    expect(other.leases.map(({ attempts }) => attempts)).toEqual([1, 0]);
    expect(await groups.countFailure(held(one), 1, failed('late'))).toBeNull();
    expect(await groups.countFailure(held(one, 1), 0, failed('late'))).toBeNull();
    expect(await failuresOf(groups)).toEqual([{ ...failed('known'), attempts: 1 }, null]);
    // a move ends it, also one to the same place
    const move = { group: 'g', sequence: 1, now: 2, partitions: null, force: true };
    await groups.countFailure(held(other, 1), 0, failed('cannot be run', 2));
    await groups.move(move);
    expect(await failuresOf(groups)).toEqual([null, null]);
    await groups.countFailure(held(await heartbeat('other', 3, other)), 1, failed('again'));
    await groups.delete({ group: 'g', now: 2 * TTL, force: true });
    await groups.create('g', 1, 2 * TTL);
    expect(await failuresOf(groups)).toEqual([null, null]);
  });

  it('names the member that has died, before its delivery or during one that was counted', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    await heartbeat('one', 0);
    const other = await heartbeat('other', TTL);
    const died = { sequence: null, attempts: 1, failedAt: TTL, member: 'one' };
    const maybe = expect.stringContaining('maybe because of this event');
    expect(await failuresOf(groups)).toEqual([
      { ...died, reason: maybe },
      { ...died, reason: maybe },
    ]);
    await groups.countFailure(held(other), 1, null);
    await groups.countFailure(held(other, 1), 1, null);
    await groups.countFailure(held(other, 1), 0, failed('a reason that is known', 2));
    await heartbeat('third', 2 * TTL);
    expect(await failuresOf(groups)).toEqual([
      {
        ...died,
        attempts: 2,
        failedAt: 2 * TTL,
        member: 'other',
        reason: expect.stringContaining('it had this event'),
      },
      { ...failed('a reason that is known', 2), attempts: 2 },
    ]);
  });

  it('gives the text of a failure back as it was, whatever is in it', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    const lease = held(await heartbeat('one', 0));
    const texts = [
      "'; DROP TABLE cursors; --",
      '\u0000\u001b]0;x\u0007\u202e',
      '{"__proto__":1}',
      '\u{1f600}'.repeat(250),
    ];
    const text = fc.oneof(fc.constantFrom(...texts), fc.string({ unit: anyCharacter, maxLength: 250 }));
    await fc.assert(
      fc.asyncProperty(text, async (reason) => {
        await groups.countFailure(lease, 0, failed(reason));
        expect((await failuresOf(groups))?.[0]?.reason).toBe(reason);
      }),
      { numRuns: quick(10, 100), examples: texts.map((each) => [each]) },
    );
  });

  it('delivers a parked event once more for each request, to the lease of its partition', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    await groups.park(held(one), PARKED);
    expect(await groups.beginRedelivery(held(one))).toBe('none');
    expect(await groups.changeParked('g', [1, 1], 'redeliver')).toEqual({ count: 1, last: 1 });
    expect((await heartbeat('one', 1, one)).due).toEqual([0]);
    expect(await groups.generation('g')).toBeGreaterThan(one.generation);
    expect(await groups.beginRedelivery(held(one, 1))).toBe('none');
    expect(await groups.beginRedelivery(held(one))).toMatchObject({ sequence: 1, attempts: 4, redeliveryDue: false });
    expect(await groups.beginRedelivery(held(one))).toBe('none');
    await groups.undoRedelivery('g', 1);
    expect(await groups.parked('g', ALL)).toMatchObject([{ attempts: 3, redeliveryDue: true }]);
    await groups.beginRedelivery(held(one));
    expect(await groups.endRedelivery(held(one), 1, { reason: 'still no', details: '' })).toBe('parked');
    expect(await groups.parked('g', ALL)).toMatchObject([{ reason: 'still no', attempts: 4, redeliveryDue: false }]);
    expect(await groups.endRedelivery(held(one), 1, null)).toBe('forgotten');
    expect(await groups.parked('g', ALL)).toEqual([]);
    expect(await groups.endRedelivery(held(one), 1, { reason: 'dropped meanwhile', details: '' })).toBe('forgotten');
  });

  it('lists, redelivers and drops parked events by sequence or by span, all that are named or none', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    for (let offset = 0; offset < 5; offset++)
      await groups.park(held(one), { ...PARKED, offset, sequence: 2 * offset + 1 });
    const parked = async (span = ALL) => (await groups.parked('g', span)).map(({ sequence }) => sequence);
    const due = async () =>
      (await groups.parked('g', ALL)).filter(({ redeliveryDue }) => redeliveryDue).map(({ sequence }) => sequence);
    expect(await parked()).toEqual([1, 3, 5, 7, 9]);
    expect(await parked({ after: 1, through: 8, limit: 2 })).toEqual([3, 5]);
    await groups.checkParked('g', [1, 9]);
    await failureOf(() => groups.checkParked('g', [1, 2]), 'NOT_PARKED');
    for (const change of ['redeliver', 'drop'] as const)
      await failureOf(() => groups.changeParked('g', [1, 2], change), 'NOT_PARKED');
    expect({ parked: await parked(), due: await due() }).toEqual({ parked: [1, 3, 5, 7, 9], due: [] });
    expect(await groups.changeParked('g', { after: 0, through: 9, limit: 2 }, 'redeliver')).toEqual({
      count: 2,
      last: 3,
    });
    expect(await groups.changeParked('g', { after: 3, through: 4, limit: 2 }, 'redeliver')).toEqual({
      count: 0,
      last: null,
    });
    expect(await due()).toEqual([1, 3]);
    expect(await groups.beginRedelivery(held(one)), 'the first one first').toMatchObject({ sequence: 1 });
    expect(await groups.changeParked('g', { after: 1, through: 7, limit: 2 }, 'drop')).toEqual({ count: 2, last: 5 });
    expect(await groups.changeParked('g', [9], 'drop')).toEqual({ count: 1, last: 9 });
    expect(await parked()).toEqual([1, 7]);
    expect((await groups.summaries(0))[0]).toMatchObject({ parked: 2 });
  });

  it('is summarized: members, positions, lag, and the time of the oldest event that is not acknowledged', async () => {
    const { groups, heartbeat } = await openGroup(storage);
    await groups.create('a', 11, 3);
    const one = await heartbeat('one', 0);
    await groups.acknowledge([{ ...held(one, 0), nextOffset: 2, nextSequence: 4 }]);
    const [a, g] = await groups.summaries(TTL);
    expect(a).toMatchObject({ name: 'a', createdAt: 3, members: [], lag: 0, oldestTime: null, parked: 0 });
    expect(g).toMatchObject({
      name: 'g',
      members: [{ name: 'one', expiresAt: TTL, isAlive: false }],
      lag: 8,
      oldestTime: 2,
    });
    expect(g?.lanes).toMatchObject([
      { partition: 0, nextOffset: 2, nextSequence: 4, lag: 3, oldestTime: 5, member: 'one', token: held(one).token },
      { partition: 1, nextOffset: 0, nextSequence: 1, lag: 5, oldestTime: 2, member: 'one' },
    ]);
  });
});

describe.each(GROUP_STORAGES)('the records of groups in $name', (storage) => {
  it('stay as they are where nothing is decided, or a decision throws', async () => {
    const { ledger, groups, heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    await groups.park(held(one), PARKED);
    const { groupStore } = ledger;
    const records = async () => ({ state: await groupStore.state('g'), parked: await groups.parked('g', ALL) });
    const before = await records();
    const refuse = () => {
      throw new Error('no');
    };
    expect(await groupStore.change('g', () => ({ state: null, result: 'nothing' }))).toBe('nothing');
    await expect(groupStore.change('g', refuse)).rejects.toThrow('no');
    expect(await groupStore.changeLane(held(one), 1, () => ({ result: 7 }))).toBe(7);
    await expect(groupStore.changeLane(held(one), 1, refuse)).rejects.toThrow('no');
    expect(await groupStore.changeLane({ ...held(one), token: 99 }, 1, refuse), 'a lost lease').toBeNull();
    expect(await groupStore.changeParked('g', [1, 2], 'drop')).toEqual({ count: 0, last: null, missing: 2 });
    await groups.undoRedelivery('g', 2);
    expect(await records()).toEqual(before);
    expect(await groupStore.change('new', (state) => ({ state: null, result: state }))).toBeNull();
    expect(await groupStore.state('new')).toBeNull();
    expect(await groupStore.parked('new', ALL)).toBeNull();
  });

  it('are decided upon with what is stored: the lane, the event that is named or due, and the ends of partitions', async () => {
    const { ledger, groups, heartbeat } = await openGroup(storage);
    const one = await heartbeat('one', 0);
    for (const offset of [0, 1]) await groups.park(held(one), { ...PARKED, offset, sequence: 2 * offset + 1 });
    await groups.changeParked('g', [3], 'redeliver');
    const { groupStore } = ledger;
    const cursor = { partition: 0, nextOffset: 2, nextSequence: 4, attempts: 0, failure: null };
    const seen = (parked: number | 'due' | null, partition = 0) =>
      groupStore.changeLane(held(one, partition), parked, (lane) => ({ result: lane }));
    expect(await seen(null)).toEqual({ cursor, parked: null });
    expect(await seen(1)).toMatchObject({ cursor, parked: { sequence: 1, redeliveryDue: false } });
    expect(await seen('due')).toMatchObject({ cursor, parked: { sequence: 3, redeliveryDue: true } });
    expect(await seen('due', 1)).toMatchObject({ parked: null });
    const facts = await groupStore.change('g', (_, { partitions, endOf, hasDue }) => ({
      state: null,
      result: partitions.map((partition) => [partition, endOf(partition), hasDue(partition)]),
    }));
    expect(facts).toEqual([
      [0, 5, true],
      [1, 5, false],
    ]);
  });
});
