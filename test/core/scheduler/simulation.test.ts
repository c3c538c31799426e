/**
 * Members of a group on a simulated clock: they join, pause, crash, fail and return in random order, and the group's
 * offsets are reset meanwhile. The store and the decisions are the real ones; a failing schedule prints its seed.
 */

import assert from 'node:assert/strict';
import { it } from 'vitest';
import type { Lease } from '../../../src/core/model/group.ts';
import { decide } from '../../../src/core/scheduler/decide.ts';
import { Lane } from '../../../src/core/scheduler/feeding/lane.ts';
import { openGroupStore } from '../../support/group-store.ts';
import { Seeded, seededForTest } from '../../support/seeded.ts';
import { quick } from '../../support/test-size.ts';

const SCHEDULES = quick(120, 5000);
const STEPS = 40;
const TTL = 1000;
const PARTITIONS = 5;
const EVENTS = 12;
const MAX_DELIVER = 3;

type Store = Awaited<ReturnType<typeof openGroupStore>>;

interface InHand {
  readonly lane: Lane;
  readonly events: number;
}

class Member {
  token: number | null = null;
  heldUntil = 0;
  lanes: Lane[] = [];
  inFlight: InHand[] = [];
  readonly name: string;
  readonly slots: number;
  readonly capacity: number;

  constructor(name: string, chance: Seeded) {
    this.name = name;
    this.slots = chance.between(1, 3);
    this.capacity = chance.between(1, 8);
  }
}

class Simulation {
  readonly #store: Store;
  readonly #chance: Seeded;
  readonly #seen = new Map<number, Set<number>>();
  readonly #cursors = new Map<number, number>();
  /** Their leases were ended by a step of the group, which their members do not know yet. */
  readonly #stale = new WeakSet<Lane>();
  members: Member[] = [];
  #joined = 0;
  #turn = 0;
  now = 1;
  /** Offsets up to here exist already. */
  #end = 2;

  constructor(store: Store, chance: Seeded) {
    this.#store = store;
    this.#chance = chance;
  }

  async step(): Promise<void> {
    const chance = this.#chance.unit();
    const member = this.members.length === 0 ? undefined : this.#chance.pick(this.members);
    if (member === undefined || (chance < 0.08 && this.members.length < 4)) await this.#join();
    else if (chance < 0.12) this.members = this.members.filter((other) => other !== member);
    else if (chance < 0.16) await this.#leave(member);
    else if (chance < 0.36) this.now += this.#chance.between(1, TTL * 0.7);
    else if (chance < 0.42) this.#end = Math.min(EVENTS, this.#end + this.#chance.between(1, 4));
    else if (chance < 0.43) await this.#stepGroup();
    else if (chance < 0.6) await this.heartbeat(member);
    else if (chance < 0.8) this.feed(member);
    else await this.endDelivery(member, this.#chance.unit() < 0.75);
    await this.check();
  }

  async #join(): Promise<void> {
    // now and then under a name that was there before
    const name = this.#chance.unit() < 0.2 ? 'm0' : `m${++this.#joined}`;
    this.members = this.members.filter((other) => other.name !== name);
    const member = new Member(name, this.#chance);
    this.members.push(member);
    await this.heartbeat(member);
  }

  /** Forced, whatever is being delivered: back or forward. */
  async #stepGroup(): Promise<void> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition).filter(
      () => this.#chance.unit() < 0.5,
    );
    const sequence = this.#chance.between(1, this.#end * PARTITIONS + 1);
    const { steps } = await this.#store.groups.move({ group: 'g', sequence, now: this.now, partitions, force: true });
    for (const { partition, to } of steps) {
      this.#seen.set(partition, new Set(Array.from({ length: to.nextOffset }, (_, offset) => offset)));
      this.#cursors.set(partition, to.nextOffset);
    }
    for (const { lanes } of this.members)
      for (const lane of lanes) if (partitions.includes(lane.partition)) this.#stale.add(lane);
  }

  async #leave(member: Member): Promise<void> {
    if (member.inFlight.length > 0 || member.token === null) return;
    await this.#store.groups.leave('g', member.name, member.token);
    this.members = this.members.filter((other) => other !== member);
  }

  async heartbeat(member: Member): Promise<void> {
    const idle = member.lanes.filter(({ isSurplus, isBusy }) => isSurplus && !isBusy).map(({ partition }) => partition);
    const membership = await this.#store.groups.heartbeat({
      group: 'g',
      member: member.name,
      token: member.token,
      partitions: null,
      ttl: TTL,
      now: this.now,
      idle,
    });
    member.token = membership.token;
    member.heldUntil = membership.expiresAt;
    const known = (lease: Lease) =>
      member.lanes.find(({ token, partition }) => token === lease.token && partition === lease.partition);
    member.lanes = membership.leases.map((lease) => known(lease) ?? new Lane(lease));
    for (const lane of member.lanes) {
      lane.isSurplus = membership.surplus.includes(lane.partition);
      lane.end = this.#end;
    }
  }

  feed(member: Member): void {
    for (const lane of member.lanes) lane.end = Math.max(lane.end, this.#end);
    const held = member.inFlight.reduce((sum, { events }) => sum + events, 0);
    const view = {
      capacity: member.capacity - held,
      slots: member.slots - member.inFlight.length,
      lanes: member.lanes.map((lane) => lane.view(member.heldUntil, 4, Number.POSITIVE_INFINITY, false)),
    };
    for (const { lane: at, events } of decide([view], this.now).feeds) {
      const lane = member.lanes[at] as Lane;
      // no other member may have it yet, and it gets nothing that is acknowledged already
      const others = this.members.filter((other) => other !== member && other.heldUntil > this.now);
      const isStale = this.#stale.has(lane);
      const isHeldBy = ({ lanes }: Member) =>
        lanes.some((other) => other.partition === lane.partition && !this.#stale.has(other));
      assert.ok(isStale || !others.some(isHeldBy), 'two hold a lease');
      assert.ok(
        isStale || lane.nextOffset === (this.#seen.get(lane.partition)?.size ?? 0),
        'what is acknowledged is delivered again',
      );
      lane.isBusy = true;
      lane.lastFed = ++this.#turn;
      member.inFlight.push({ lane, events });
    }
  }

  /** The delivery that is oldest in the member's hands ends. */
  async endDelivery(member: Member, isGood: boolean): Promise<void> {
    const delivery = member.inFlight.shift();
    if (delivery === undefined) return;
    const { lane, events } = delivery;
    lane.isBusy = false;
    const { partition, token, nextOffset } = lane;
    const holder = this.#holder(partition);
    if (isGood) {
      const next = { nextOffset: nextOffset + events, nextSequence: (nextOffset + events) * PARTITIONS + 1 };
      const [isTaken] = await this.#store.groups.acknowledge([{ group: 'g', partition, token, ...next }]);
      assert.equal(isTaken, holder === token);
      if (!isTaken) return this.#lose(member, lane);
      for (let offset = nextOffset; offset < next.nextOffset; offset++) this.#see(partition, offset);
      lane.moveTo(next.nextOffset, next.nextSequence);
      return;
    }
    if (events > 1) {
      lane.singlyUntil = nextOffset + events;
      return;
    }
    const attempts = await this.#store.groups.countFailure({ group: 'g', partition, token }, 1, null);
    assert.equal(attempts !== null, holder === token);
    if (attempts === null) return this.#lose(member, lane);
    lane.attempts = attempts;
    lane.dueAt = this.now + this.#chance.between(1, 50);
    if (attempts < MAX_DELIVER) return;
    const event = {
      partition,
      offset: nextOffset,
      sequence: nextOffset * PARTITIONS + partition + 1,
      attempts,
      reason: 'no',
      details: '',
      now: this.now,
    };
    assert.ok(await this.#store.groups.park({ group: 'g', partition, token }, event));
    this.#see(partition, nextOffset);
    lane.moveTo(nextOffset + 1, event.sequence + 1);
  }

  /** No more faults, and time advances: everything must be delivered. */
  async recover(): Promise<void> {
    this.#end = EVENTS;
    await this.#join();
    for (let round = 0; round < 200; round++) {
      this.now += TTL / 4;
      for (const member of [...this.members]) {
        while (member.inFlight.length > 0) await this.endDelivery(member, true);
        await this.heartbeat(member);
        this.feed(member);
      }
      await this.check();
      const seen = [...this.#seen.values()].reduce((sum, offsets) => sum + offsets.size, 0);
      if (seen === PARTITIONS * EVENTS) return;
    }
    throw new Error('somebody starves');
  }

  /** Cursors never move back, and no two members believe that they hold the same lease at the same time. */
  async check(): Promise<void> {
    for (const { partition, nextOffset } of await this.#store.groups.positions('g')) {
      assert.ok(nextOffset >= (this.#cursors.get(partition) ?? 0), 'a cursor stepped back');
      this.#cursors.set(partition, nextOffset);
    }
    const living = this.members.filter(({ heldUntil }) => heldUntil > this.now).flatMap(({ lanes }) => lanes);
    const held = living.filter((lane) => !this.#stale.has(lane)).map(({ partition }) => partition);
    assert.equal(new Set(held).size, held.length, 'two believe they hold a lease');
  }

  #see(partition: number, offset: number): void {
    const seen = this.#seen.get(partition) ?? new Set();
    this.#seen.set(partition, seen);
    // in order, and acknowledged or parked once only
    assert.equal(offset, seen.size);
    seen.add(offset);
  }

  #lose(member: Member, lane: Lane): void {
    member.lanes = member.lanes.filter((other) => other !== lane);
  }

  #holder(partition: number): number | undefined {
    const find = this.#store.db.prepare("SELECT token FROM leases WHERE group_name = 'g' AND partition = ?").pluck();
    return find.get(partition) as number | undefined;
  }
}

it('never lets anyone starve, two hold a lease, or a cursor step back, over thousands of schedules', async () => {
  const store = await openGroupStore({ partitions: PARTITIONS, events: EVENTS });
  const chance = seededForTest();
  // the seed of one schedule runs that one alone
  const isOne = process.env['COMPLETENGINE_TEST_SEED'] !== undefined;
  for (let number = 0; number < (isOne ? 1 : SCHEDULES); number++) {
    const seed = isOne ? chance.seed : chance.between(0, 2 ** 31 - 1);
    const simulation = new Simulation(store, new Seeded(seed));
    await store.groups.create('g', 1, 0);
    try {
      for (let step = 0; step < STEPS; step++) await simulation.step();
      await simulation.recover();
    } catch (error) {
      throw new Error(`schedule ${number}: COMPLETENGINE_TEST_SEED=${seed} runs it again`, { cause: error });
    }
    store.undo();
  }
});
