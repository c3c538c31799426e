/** Every write of every call is disturbed once: its answer is lost, the process ends, or another machine comes first. */

import { describe, expect, it } from 'vitest';
import type { Membership } from '../../../../src/core/model/group.ts';
import { LedgerError } from '../../../../src/index.ts';
import type { Disturbance } from '../../../support/faulty-records.ts';
import { eventAt, GroupSite, held, type SiteMachine, TTL } from '../../../support/group-site.ts';

interface Scene {
  readonly site: GroupSite;
  /** The machine whose call is disturbed. Member `one` on it holds both partitions; events 1 and 3 are parked, and 1 is due. */
  readonly machine: SiteMachine;
  readonly one: Membership;
}

async function prepare(): Promise<Scene> {
  const site = new GroupSite();
  const machine = site.connect();
  await machine.groups.create('g', 1, 0);
  const one = await machine.heartbeat('one');
  for (const offset of [0, 1]) await machine.groups.park(held(one), eventAt(offset));
  await machine.groups.changeParked('g', [1], 'redeliver');
  return { site, machine, one };
}

const MOVE = { group: 'g', sequence: 5, now: 0, partitions: null, force: true };

const CALLS: readonly [string, (scene: Scene) => Promise<unknown>][] = [
  ['create', ({ machine }) => machine.groups.create('new', 5, 0)],
  ['heartbeat that renews', ({ machine, one }) => machine.heartbeat('one', one)],
  [
    'heartbeat that takes over',
    ({ site, machine }) => {
      site.now = 2 * TTL;
      return machine.heartbeat('two');
    },
  ],
  ['leave', ({ machine, one }) => machine.groups.leave('g', 'one', one.token)],
  ['move', ({ machine }) => machine.groups.move(MOVE)],
  ['acknowledge', ({ machine, one }) => machine.groups.acknowledge([{ ...held(one), nextOffset: 4, nextSequence: 8 }])],
  ['countFailure', ({ machine, one }) => machine.groups.countFailure(held(one), 1, null)],
  ['park', ({ machine, one }) => machine.groups.park(held(one), eventAt(2))],
  ['beginRedelivery', ({ machine, one }) => machine.groups.beginRedelivery(held(one))],
  ['endRedelivery of a success', ({ machine, one }) => machine.groups.endRedelivery(held(one), 3, null)],
  [
    'endRedelivery of a failure',
    ({ machine, one }) => machine.groups.endRedelivery(held(one), 3, { reason: 'still no', details: '' }),
  ],
  ['redeliver', ({ machine }) => machine.groups.changeParked('g', [3], 'redeliver')],
  ['undoRedelivery', ({ machine }) => machine.groups.undoRedelivery('g', 3)],
  ['drop', ({ machine }) => machine.groups.changeParked('g', [3], 'drop')],
];

/** Runs the call as often as it makes writes, each time with another one disturbed. Returns how often. */
async function disturbEach(
  call: (scene: Scene) => Promise<unknown>,
  how: Disturbance,
  meanwhile: (scene: Scene) => Promise<unknown>,
  check: (scene: Scene, answer: Promise<unknown>) => Promise<void>,
): Promise<number> {
  for (let write = 0; ; write++) {
    const scene = await prepare();
    scene.machine.records.disturb(write, how, () => meanwhile(scene));
    const answer = call(scene);
    await answer.catch(() => undefined);
    if (!scene.machine.records.hasHappened) return write;
    await check(scene, answer);
  }
}

const nothing = async () => undefined;

/** The records as another machine reads them, and the answer of a call that is not disturbed. */
async function undisturbed(call: (scene: Scene) => Promise<unknown>) {
  const scene = await prepare();
  const before = await scene.site.connect().stored();
  const answer = await call(scene);
  return { before, answer, after: await scene.site.connect().stored() };
}

describe.each(CALLS)('%s', (name, call) => {
  it.each(['before', 'after'] as const)(
    'answers and stores the same where one answer is lost %s the write',
    async (how) => {
      const { answer, after } = await undisturbed(call);
      const writes = await disturbEach(call, how, nothing, async ({ site }, disturbed) => {
        expect(await disturbed).toEqual(answer);
        expect(await site.connect().stored()).toEqual(after);
      });
      expect(writes).toBeGreaterThan(0);
    },
  );

  it.each(['cutBefore', 'cutAfter'] as const)(
    'is done or not where its process ends (%s), and the next one goes on',
    async (how) => {
      const { before, answer, after } = await undisturbed(call);
      await disturbEach(call, how, nothing, async ({ site }, disturbed) => {
        const settled = await disturbed.catch((error: LedgerError) => error);
        if (settled instanceof LedgerError) expect(settled.code).toBe('OUTCOME_UNKNOWN');
        else expect(settled).toEqual(answer);
        const next = site.connect();
        const stored = await next.stored();
        expect(JSON.stringify([before, after])).toContain(JSON.stringify(stored));
        if (!(settled instanceof LedgerError)) expect(stored).toEqual(after);
        site.now += 3 * TTL;
        const successor = await next.heartbeat('next');
        const due = stored?.parked.filter(({ redeliveryDue }) => redeliveryDue) ?? [];
        // a partition may be named once too often, and never once too little
        if (due.length > 0) expect(successor.due).toEqual([0]);
        const positions = new Map(stored?.cursors.map((cursor) => [cursor.partition, cursor.nextOffset]));
        for (const { partition, nextOffset } of successor.leases) expect(nextOffset).toBe(positions.get(partition));
        // what the former process has left is none of the next one's events
        const all = successor.leases.map(({ partition }) => ({
          ...held(successor, partition),
          nextOffset: 5,
          nextSequence: 11,
        }));
        expect(await next.groups.acknowledge(all)).toEqual([true, true]);
        expect((await site.connect().stored())?.parked).toEqual(stored?.parked);
      });
    },
  );

  it.each(['before', 'after'] as const)(
    'loses nothing where another takes over as an answer is lost %s the write',
    async (how) => {
      const takeOver = async ({ site }: Scene) => {
        site.now += 3 * TTL;
        await site.connect().heartbeat('other');
      };
      await disturbEach(call, how, takeOver, async ({ site }, disturbed) => {
        const settled = await disturbed.catch((error: LedgerError) => error);
        if (settled instanceof LedgerError) expect(settled.code).toMatch(/OUTCOME_UNKNOWN|MEMBER_REPLACED/);
        const next = site.connect();
        const check = async () => {
          const stored = await next.stored();
          const parked = stored?.parked.map(({ sequence }) => sequence) ?? [];
          if (name === 'park') expect(parked.includes(5)).toBe((stored?.cursors[0]?.nextOffset ?? 0) > 2);
          expect(parked).toContain(1);
          return parked;
        };
        const parked = await check();
        if (name === 'park' && settled === true) expect(parked).toContain(5);
        site.now += 3 * TTL;
        const last = await next.heartbeat('last');
        const { nextOffset, nextSequence } = last.leases[0] as Membership['leases'][number];
        expect(await next.groups.acknowledge([{ ...held(last), nextOffset, nextSequence }])).toEqual([true]);
        expect(await check()).toEqual(parked);
      });
    },
  );
});

describe('a deletion', () => {
  const remove = ({ machine }: Scene) => machine.groups.delete({ group: 'g', now: 0, force: true });

  it.each(['before', 'after', 'cutBefore', 'cutAfter'] as const)(
    'of which one write is disturbed (%s) leaves nothing to a new group under the name',
    async (how) => {
      const writes = await disturbEach(remove, how, nothing, async ({ site, machine, one }, disturbed) => {
        const settled = await disturbed.catch((error: LedgerError) => error);
        if (settled instanceof LedgerError) expect(settled.code).toBe('OUTCOME_UNKNOWN');
        if (!how.startsWith('cut')) expect(settled).toBeUndefined();
        const next = site.connect();
        if ((await next.groups.generation('g')) !== null) await next.groups.delete({ group: 'g', now: 0, force: true });
        expect(await next.groups.create('g', 7, 0)).toBe(true);
        expect(await next.groups.parked('g', { after: 0, through: 99, limit: 9 })).toEqual([]);
        const successor = await next.heartbeat('next');
        expect(successor.leases.map(({ nextOffset }) => nextOffset)).toEqual([3, 3]);
        // tokens never come back: what the former holder acknowledges is refused
        const late = [{ ...held(one), nextOffset: 5, nextSequence: 11 }];
        expect(await machine.groups.acknowledge(late).catch(() => [false])).toEqual([false]);
        expect((await next.groups.positions('g')).map(({ nextOffset }) => nextOffset)).toEqual([3, 3]);
      });
      expect(writes).toBeGreaterThan(2);
    },
  );
});

describe('a former holder that has slept since', () => {
  /** Member `one` does not know that `two` has taken over. */
  async function asleep() {
    const scene = await prepare();
    scene.site.now = 2 * TTL;
    const sleeper = scene.machine;
    const awake = scene.site.connect();
    return { ...scene, sleeper, awake, two: await awake.heartbeat('two') };
  }

  const refused: readonly [string, unknown, (scene: Scene) => Promise<unknown>][] = [
    ['acknowledges', [false], CALLS.find(([name]) => name === 'acknowledge')?.[1] ?? nothing],
    ['counts', null, ({ machine, one }) => machine.groups.countFailure(held(one), 1, null)],
    ['parks', false, ({ machine, one }) => machine.groups.park(held(one), eventAt(2))],
    ['begins a redelivery', 'lost', ({ machine, one }) => machine.groups.beginRedelivery(held(one))],
    ['ends a redelivery', 'lost', ({ machine, one }) => machine.groups.endRedelivery(held(one), 3, null)],
  ];

  it.each(refused)('changes nothing where it %s', async (_, answer, call) => {
    const scene = await asleep();
    const before = await scene.site.connect().stored();
    expect(await call(scene)).toEqual(answer);
    expect(await scene.site.connect().stored()).toEqual(before);
  });

  it('parks nothing over what its successor is parking, whichever write it comes before', async () => {
    for (let write = 0; ; write++) {
      const { site, sleeper, awake, one, two } = await asleep();
      awake.records.disturb(write, 'interrupted', () =>
        sleeper.groups.park(held(one), { ...eventAt(2), reason: 'of the sleeper' }),
      );
      expect(await awake.groups.park(held(two), eventAt(2))).toBe(true);
      if (!awake.records.hasHappened) {
        // its predecessor's event is confirmed first
        expect(write).toBe(4);
        break;
      }
      expect(await awake.groups.acknowledge([{ ...held(two), nextOffset: 5, nextSequence: 11 }])).toEqual([true]);
      expect((await site.connect().stored())?.parked.at(-1)).toMatchObject({ sequence: 5, reason: 'no', attempts: 3 });
    }
  });

  it('can acknowledge until its lease ends, and the successor begins behind that', async () => {
    const fates = new Set<boolean>();
    for (let write = 0; ; write++) {
      const { site, machine, one } = await prepare();
      const successor = site.connect();
      site.now = 2 * TTL;
      let isTaken: boolean | undefined;
      successor.records.disturb(write, 'interrupted', async () => {
        [isTaken] = await machine.groups.acknowledge([{ ...held(one), nextOffset: 4, nextSequence: 8 }]);
      });
      const { leases } = await successor.heartbeat('two');
      if (!successor.records.hasHappened) break;
      fates.add(isTaken === true);
      expect(leases[0]).toMatchObject(isTaken ? { nextOffset: 4, nextSequence: 8 } : { nextOffset: 2 });
      expect((await site.connect().stored())?.cursors[0]?.nextOffset).toBe(isTaken ? 4 : 2);
    }
    expect(fates).toEqual(new Set([true, false]));
  });
});
