/**
 * Machines that consume as members of one group over one store of records, with clocks of their own, and an operator who redelivers and drops. Laws are
 * checked at every write of a cursor, by what was delivered and by which leases were answered to whom.
 */

import assert from 'node:assert/strict';
import { Groups } from '../../src/core/ledger/groups.ts';
import { CURSOR, type CursorValue, parseValue } from '../../src/core/ledger/log/groups/record-values.ts';
import { LogGroups } from '../../src/core/ledger/log/log-groups.ts';
import type { StoredRecord } from '../../src/core/ledger/log/record-store.ts';
import type { HeldLease, Membership } from '../../src/core/model/group.ts';
import { LedgerError } from '../../src/index.ts';
import { Interleaving } from './interleaved-records.ts';
import type { Seeded } from './seeded.ts';

const TTL = 10_000_000;
const PARTITIONS = 3;
const EVENTS = 8;
const ATTEMPTS_MAX = 1;
const ALL = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1000 };
const IDS = Array.from({ length: PARTITIONS }, (_, partition) => partition);
/** What a machine may meet and go on as a new member. */
const FAULTS = new Set(['OUTCOME_UNKNOWN', 'BUSY', 'MEMBER_REPLACED', 'UNKNOWN_GROUP', 'NOT_PARKED']);

const sequenceOf = (partition: number, offset: number) => offset * PARTITIONS + partition + 1;

interface MachineLane extends HeldLease {
  nextOffset: number;
  attempts: number;
  hasDue: boolean;
}

interface Knowledge {
  /** Number of events of each partition that were delivered at least once. */
  readonly delivered: number[];
  /** The newest token of each partition that a member was answered. */
  readonly answered: number[];
  /** Sequences by how the cursor passed them. */
  readonly acknowledged: Set<number>;
  readonly parked: Set<number>;
  /** Reasons of last failures that a cursor has had. */
  readonly failures: Set<string>;
  /** Parked ones that a machine or the operator wanted gone, and those that were answered to be gone. */
  readonly unwanted: Set<number>;
  readonly gone: Set<number>;
  redeliveries: number;
}

export interface WorldOptions {
  readonly chance: Seeded;
  /** The revisions of cursors are not looked at. */
  readonly isUnfenced: boolean;
}

export class GroupWorld {
  readonly chance: Seeded;
  readonly store: Interleaving;
  readonly known: Knowledge = {
    delivered: IDS.map(() => 0),
    answered: IDS.map(() => 0),
    acknowledged: new Set(),
    parked: new Set(),
    failures: new Set(),
    unwanted: new Set(),
    gone: new Set(),
    redeliveries: 0,
  };
  #failure: unknown;
  #machines = 0;
  isRecovering = false;

  constructor({ chance, isUnfenced }: WorldOptions) {
    this.chance = chance;
    this.store = new Interleaving({
      chance,
      faults: chance.pick([0.04, 0.15]),
      stale: chance.pick([0.1, 0.4]),
      oldestAnswer: 5_000_000,
      onWrite: (key, before, after) => {
        if (key.startsWith('c.') && after !== null) this.#guard(() => this.#checkCursor(key, before, after));
      },
      ignoresRevision: (key) => isUnfenced && key.startsWith('c.'),
    });
  }

  /** @throws what a law has found */
  async run(): Promise<void> {
    await this.#create();
    const machines = Array.from({ length: this.chance.between(2, 4) }, () => this.#start());
    this.#operate();
    for (let step = 0; step < 1000; step++) {
      await this.#step();
      const chance = this.chance.unit();
      if (chance < 0.1) this.store.now += this.chance.between(0, TTL / 3);
      if (chance > 0.995) this.store.pause(this.chance.pick(machines), this.chance.between(50, 300));
      if (chance > 0.99 && chance < 0.994) {
        this.store.end(this.chance.pick(machines));
        machines.push(this.#start());
      }
    }
    await this.#recover();
  }

  async #create(): Promise<void> {
    const { groups } = this.#connect('creator');
    const created = this.#done(groups.create('g', 1, 0).catch(ignoreFaults));
    await created;
    this.store.hasFaults = false;
    await this.#done(groups.create('g', 1, 0));
    this.store.hasFaults = true;
  }

  /** Steps until the work is done. */
  async #done<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    for (let step = 0; !isDone; step++) {
      assert.ok(step < 100_000, 'it does not end');
      await this.#step();
    }
    return work;
  }

  async #step(): Promise<void> {
    await this.store.step();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  fail(error: unknown): void {
    this.#failure ??= error;
  }

  #connect(machine: string) {
    const facts = {
      partitions: async () => ({ ids: IDS, endOf: () => EVENTS }),
      timeOfNext: async () => 0,
    };
    const pauses = { sleep: () => this.store.pass(machine), chance: () => this.chance.unit() };
    const groupStore = new LogGroups(this.store.connect(machine), facts, pauses);
    const positionsAt = async () => IDS.map(() => ({ nextOffset: 0, nextSequence: 1 }));
    return { groups: new Groups({ groupStore, positionsAt }) };
  }

  #start(): string {
    const name = `machine-${++this.#machines}`;
    const { groups } = this.#connect(name);
    const machine = new Machine(name, groups, this);
    machine.run().catch((error) => this.fail(error));
    return name;
  }

  #operate(): void {
    const { groups } = this.#connect('operator');
    const run = async () => {
      while (!this.isRecovering) {
        await this.store.pass('operator');
        if (this.chance.unit() < 0.8) continue;
        const parked = await groups.parked('g', ALL);
        const chosen = parked.filter(() => this.chance.unit() < 0.5).map(({ sequence }) => sequence);
        const change = this.chance.unit() < 0.85 ? 'redeliver' : 'drop';
        if (change === 'drop') for (const sequence of chosen) this.known.unwanted.add(sequence);
        await groups.changeParked('g', chosen, change).catch(ignoreFaults);
      }
    };
    const runAgain = (): void => {
      run()
        .catch((error) => {
          ignoreFaults(error);
          runAgain();
        })
        .catch((error) => this.fail(error));
    };
    runAgain();
  }

  /** No more faults: the machines that still live stop, and one new machine has all events delivered. */
  async #recover(): Promise<void> {
    this.isRecovering = true;
    this.store.hasFaults = false;
    this.store.now += 3 * TTL;
    const { groups } = this.#connect('last');
    const last = new Machine('last', groups, this);
    let isComplete = false;
    for (let round = 0; round < 40 && !isComplete; round++) {
      this.store.now += TTL / 4;
      await this.#done(last.work());
      const positions = await this.#done(groups.positions('g'));
      const parked = await this.#done(groups.parked('g', ALL));
      isComplete =
        positions.every(({ nextOffset }) => nextOffset === EVENTS) &&
        parked.every(({ redeliveryDue }) => !redeliveryDue);
    }
    assert.ok(isComplete, 'somebody starves');
    const parked = (await this.#done(groups.parked('g', ALL))).map(({ sequence }) => sequence);
    const { delivered, acknowledged, parked: everParked, unwanted, gone } = this.known;
    assert.deepEqual(
      delivered,
      IDS.map(() => EVENTS),
      'an event was never delivered',
    );
    assert.equal(acknowledged.size + everParked.size, PARTITIONS * EVENTS, 'an event was passed twice, or never');
    for (const sequence of everParked)
      assert.ok(parked.includes(sequence) || unwanted.has(sequence), 'a parked event is lost');
    for (const sequence of parked) {
      assert.ok(everParked.has(sequence), 'an event is parked that was acknowledged');
      assert.ok(!gone.has(sequence), 'a parked event has come back');
    }
    assert.equal(new Set(parked).size, parked.length, 'an event is parked twice');
  }

  /** A cursor moves forward only, over events that were delivered, and under the newest lease that any member was answered. */
  #checkCursor(key: string, before: StoredRecord | null, after: StoredRecord): void {
    const partition = Number(key.split('.')[2]);
    const to = parseValue(CURSOR, key, after.value).value;
    const from = before === null ? null : parseValue(CURSOR, key, before.value).value;
    const start = from?.nextOffset ?? 0;
    assert.ok(to.nextOffset >= start, 'a cursor stepped back');
    assert.ok(to.token >= (from?.token ?? 0), 'a fence was taken away');
    this.#checkFailure(partition, to);
    if (to.nextOffset === start) return;
    assert.ok(to.token >= (this.known.answered[partition] as number), 'a cursor moved under a lost lease');
    assert.ok(
      to.nextOffset <= (this.known.delivered[partition] as number),
      'a cursor passed an event that was not delivered',
    );
    const isParked = to.parking !== null && to.parking.id !== from?.parking?.id;
    if (isParked) assert.equal(to.nextOffset, start + 1);
    for (let offset = start; offset < to.nextOffset; offset++)
      (isParked ? this.known.parked : this.known.acknowledged).add(sequenceOf(partition, offset));
  }

  /** The last failure is of the next event, and of no more deliveries than were counted. */
  #checkFailure(partition: number, { nextOffset, attempts, failure }: CursorValue): void {
    if (failure === null) return;
    const { sequence } = failure;
    assert.ok(sequence === null || sequence === sequenceOf(partition, nextOffset), 'a failure is of another event');
    assert.ok(failure.attempts <= attempts, 'a failure is of a delivery that was not counted');
    this.known.failures.add(failure.reason);
  }
}

class Machine {
  readonly #world: GroupWorld;
  readonly #groups: Groups;
  readonly #name: string;
  /** Its clock is wrong by this. */
  readonly #skew: number;
  #member = 0;
  #token: number | null = null;
  #heldUntil = 0;
  #surplus: readonly number[] = [];
  #lanes: MachineLane[] = [];

  constructor(name: string, groups: Groups, world: GroupWorld) {
    this.#name = name;
    this.#groups = groups;
    this.#world = world;
    this.#skew = world.chance.between(-3_600_000_000, 3_600_000_000);
  }

  get #now(): number {
    return this.#world.store.now + this.#skew;
  }

  async run(): Promise<void> {
    while (!this.#world.isRecovering) {
      await this.#world.store.pass(this.#name);
      await this.work();
    }
  }

  /** A heartbeat, and some deliveries. */
  async work(): Promise<void> {
    const { chance, isRecovering } = this.#world;
    try {
      await this.#heartbeat();
      for (let delivery = isRecovering ? 30 : chance.between(0, 4); delivery > 0; delivery--) {
        const lanes = this.#lanes.filter(({ hasDue, nextOffset }) => hasDue || nextOffset < EVENTS);
        if (lanes.length === 0 || this.#now >= this.#heldUntil) break;
        const lane = chance.pick(lanes);
        await (lane.hasDue ? this.#redeliver(lane) : this.#deliver(lane));
      }
      if (chance.unit() < 0.05 && this.#token !== null) {
        const token = this.#token;
        this.#begin();
        await this.#groups.leave('g', `${this.#name}-${this.#member - 1}`, token);
      }
    } catch (error) {
      ignoreFaults(error);
      this.#begin();
    }
  }

  /** As another member, without leases. */
  #begin(): void {
    this.#member++;
    this.#token = null;
    this.#lanes = [];
    this.#surplus = [];
  }

  async #heartbeat(): Promise<void> {
    const membership = await this.#groups.heartbeat({
      group: 'g',
      member: `${this.#name}-${this.#member}`,
      token: this.#token,
      partitions: null,
      ttl: TTL,
      now: this.#now,
      idle: this.#surplus,
    });
    this.#token = membership.token;
    this.#heldUntil = membership.expiresAt;
    this.#surplus = membership.surplus;
    this.#lanes = membership.leases.map((lease) => this.#laneOf(lease, membership));
  }

  #laneOf({ partition, token, nextOffset, attempts }: Membership['leases'][number], { due }: Membership): MachineLane {
    const { answered } = this.#world.known;
    answered[partition] = Math.max(answered[partition] as number, token);
    const known = this.#lanes.find((lane) => lane.partition === partition && lane.token === token);
    const lane = known ?? { group: 'g', partition, token, nextOffset, attempts, hasDue: false };
    lane.hasDue = due.includes(partition);
    return lane;
  }

  async #deliver(lane: MachineLane): Promise<void> {
    const { chance, known, store, isRecovering } = this.#world;
    const { partition, nextOffset } = lane;
    const count = Math.min(isRecovering ? EVENTS : chance.between(1, 3), EVENTS - nextOffset);
    const delivered = known.delivered[partition] as number;
    assert.ok(nextOffset <= delivered, 'an event was delivered before the one before it');
    known.delivered[partition] = Math.max(delivered, nextOffset + count);
    // the handler takes its time
    await store.pass(this.#name);
    const next = nextOffset + count;
    if (isRecovering || chance.unit() < 0.4) {
      const to = { nextOffset: next, nextSequence: sequenceOf(partition, next) };
      const [isTaken] = await this.#groups.acknowledge([{ ...lane, ...to }]);
      return isTaken ? moveTo(lane, next) : this.#lose(lane);
    }
    const sequence = sequenceOf(partition, nextOffset);
    const failure = { sequence, failedAt: this.#now, member: this.#name, reason: 'no' };
    // one that has failed before is counted before it is delivered
    const isCounted = lane.attempts > 0;
    const attempts = await this.#groups.countFailure(lane, 1, isCounted ? null : failure);
    if (attempts === null) return this.#lose(lane);
    lane.attempts = attempts;
    if (isCounted) {
      await store.pass(this.#name);
      if ((await this.#groups.countFailure(lane, 0, failure)) === null) return this.#lose(lane);
    }
    if (attempts < ATTEMPTS_MAX || chance.unit() < 0.3) return;
    const event = { partition, offset: nextOffset, sequence, reason: 'no', details: '' };
    const isParked = await this.#groups.park(lane, { ...event, attempts, now: this.#now });
    if (isParked) moveTo(lane, nextOffset + 1);
    else this.#lose(lane);
  }

  async #redeliver(lane: MachineLane): Promise<void> {
    const { chance, known, store, isRecovering } = this.#world;
    const begun = await this.#groups.beginRedelivery(lane);
    if (begun === 'lost') return this.#lose(lane);
    if (begun === 'none') {
      lane.hasDue = false;
      return;
    }
    known.redeliveries++;
    await store.pass(this.#name);
    const isGood = isRecovering || chance.unit() < 0.5;
    if (isGood) known.unwanted.add(begun.sequence);
    const outcome = await this.#groups.endRedelivery(
      lane,
      begun.sequence,
      isGood ? null : { reason: 'no', details: '' },
    );
    if (outcome === 'forgotten') known.gone.add(begun.sequence);
    if (outcome !== 'lost') return;
    await this.#groups.undoRedelivery('g', begun.sequence);
    this.#lose(lane);
  }

  #lose(lane: MachineLane): void {
    this.#lanes = this.#lanes.filter((other) => other !== lane);
  }
}

function moveTo(lane: MachineLane, nextOffset: number): void {
  lane.nextOffset = nextOffset;
  lane.attempts = 0;
}

function ignoreFaults(error: unknown): void {
  if (!(error instanceof LedgerError && FAULTS.has(error.code))) throw error;
}
