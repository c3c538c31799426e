import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideMove, newGroup, planMove } from '../../../../src/core/ledger/protocol/cursor-move.ts';
import type { GroupState } from '../../../../src/core/ledger/protocol/group-state.ts';
import { decideHeartbeat } from '../../../../src/core/ledger/protocol/membership.ts';

const position = fc.nat(20).map((nextOffset) => ({ nextOffset, nextSequence: nextOffset + 1 }));
const positionsOf = (count: number) => fc.array(position, { minLength: count, maxLength: count });

/** A group of 1 to 5 partitions, all of them held by one member until time 100; an epoch has added some since it was made. */
const groups = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(4)).chain(([count, added]) =>
  fc.record({
    before: positionsOf(count),
    positions: positionsOf(count + added),
    chosen: fc.option(fc.subarray(Array.from({ length: count + added }, (_, id) => id))),
    now: fc.nat(200),
    force: fc.boolean(),
  }),
);

function joined(state: GroupState, partitions: number): GroupState {
  const beat = { group: 'g', member: 'one', token: null, partitions: null, ttl: 100, now: 0, idle: [] };
  const ids = Array.from({ length: partitions }, (_, id) => id);
  const facts = { partitions: ids, endOf: () => 0, hasDue: () => false, timeOf: (now: number) => now };
  return decideHeartbeat(state, beat, facts).state;
}

describe('a move of cursors', () => {
  it('moves the chosen ones and nothing else, ends the leases on them, and asks before it takes them from live members', () => {
    fc.assert(
      fc.property(groups, ({ before, positions, chosen, now, force }) => {
        const state = joined(newGroup(7, before), before.length);
        const move = { group: 'g', sequence: 1, now, partitions: chosen, force };
        const plan = planMove(state, move, positions);
        const isChosen = (partition: number) => chosen?.includes(partition) ?? true;
        expect(plan.steps).toEqual(
          positions
            .map((to, partition) => ({ partition, from: before[partition] ?? { nextOffset: 0, nextSequence: 1 }, to }))
            .filter(({ partition }) => isChosen(partition)),
        );
        const isLive = now < 100;
        expect(plan.liveMembers).toEqual(isLive ? ['one'] : []);
        if (isLive && !force) {
          expect(() => decideMove(state, move, plan)).toThrowError(expect.objectContaining({ code: 'GROUP_IN_USE' }));
          return;
        }
        const after = decideMove(state, move, plan);
        expect(after).toMatchObject({ createdAt: 7, generation: state.generation + 1, members: state.members });
        expect(after.leases).toEqual(state.leases.filter(({ partition }) => !isChosen(partition)));
        const ids = after.cursors.map(({ partition }) => partition);
        expect(ids).toEqual([...ids].sort((one, other) => one - other));
        for (const cursor of after.cursors) {
          if (isChosen(cursor.partition))
            expect(cursor).toEqual({
              partition: cursor.partition,
              ...positions[cursor.partition],
              attempts: 0,
              failure: null,
            });
          else expect(state.cursors).toContain(cursor);
        }
      }),
    );
  });
});
