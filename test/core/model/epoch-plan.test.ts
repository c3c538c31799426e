/** Plans of new epochs: what a change makes of the routing in force. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  movedByHash,
  type Plan,
  planAdd,
  planPlace,
  planReroute,
  routingAfter,
} from '../../../src/core/model/routing/epoch-plan.ts';
import type { RoutingInForce } from '../../../src/core/model/routing/routing.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { arrayWork } from '../../support/array-work.ts';
import { refusalOf } from '../../support/refusals.ts';
import { inForce } from '../../support/routed.ts';

const routing = (text: string, partitionIds: readonly number[], names?: readonly string[]): RoutingInForce =>
  inForce({ spec: parseRoutingSpec(text), partitionIds, ...(names === undefined ? {} : { partitionNames: names }) });

const changed = (before: RoutingInForce, plan: Plan): RoutingInForce => {
  const planned = plan(before);
  return planned === null ? before : routingAfter(before, planned, 11);
};

describe('adding partitions', () => {
  it('gives a hash more numbers, after the existing ones', () => {
    const grown = changed(routing('hash:a', [0, 1]), planAdd(['x', 'y']));
    expect(grown.partitionNames).toEqual(['p0', 'p1', 'x', 'y']);
    expect(grown.epoch).toMatchObject({ epoch: 2, fromSequence: 11, partitionIds: [0, 1, 2, 3], placedFrom: null });
  });

  it('passes over the partition for events without a key', () => {
    expect(
      changed(routing('hash:a,missing=rest', [0, 1], ['p0', 'p1', 'rest']), planAdd(['p2'])).epoch.partitionIds,
    ).toEqual([0, 1, 3]);
  });

  it('is refused for a range, whose bounds make the partitions', () => {
    const refusal = refusalOf(() => planAdd(['x'])(routing('range:a.b=1', [0, 1])));
    expect(refusal.message).toBe('a range has as many partitions as its bounds make: 2');
    expect(refusal.hint).toContain('partition reroute range:a.b=BOUND,..');
  });

  it.each([
    ["partition 'p1' exists already", ['p1']],
    ["the partition 'x' is named twice", ['x', 'x']],
    ["invalid partition name 'X'", ['X']],
    ['0 partitions are out of range', []],
    ['257 partitions are out of range', Array.from({ length: 255 }, (_, nth) => `n${nth}`)],
  ])('is refused: %s', (message, names) => {
    expect(refusalOf(() => planAdd(names)(routing('hash:a', [0, 1]))).message).toBe(message);
  });
});

describe('placing keys', () => {
  it('keeps what was placed before, and takes the later word', () => {
    const once = changed(routing('hash:a', [0, 1]), planPlace([{ key: 'k', partition: 'p1' }]));
    const twice = changed(
      once,
      planPlace([
        { key: 'k', partition: 'p0' },
        { key: 'j', partition: 'p1' },
      ]),
    );
    expect(once.epoch.placedFrom).toBe(2);
    expect(twice.epoch).toMatchObject({ epoch: 3, placedFrom: 2 });
    expect([...twice.placements]).toEqual([
      ['k', 0],
      ['j', 1],
    ]);
  });

  it('changes nothing where they lie there already', () => {
    const once = changed(routing('hash:a', [0, 1]), planPlace([{ key: 'k', partition: 'p1' }]));
    expect(planPlace([{ key: 'k', partition: 'p1' }])(once)).toBeNull();
  });

  it('of many keys at once are searched once', async () => {
    const many = Array.from({ length: 2000 }, (_, n) => ({ key: `k${n}`, partition: 'p1' }));
    const work = await arrayWork(async () => changed(routing('hash:a', [0, 1]), planPlace(many)));
    expect(work).toBeLessThan(2000 * 20);
  });

  it.each([
    ["the ledger has no partition 'p9'", 'hash:a', [{ key: 'k', partition: 'p9' }]],
    [
      "the key 'k' is placed twice",
      'hash:a',
      [
        { key: 'k', partition: 'p0' },
        { key: 'k', partition: 'p1' },
      ],
    ],
    ['a hash over the whole payload has no keys to place', 'hash', [{ key: 'k', partition: 'p0' }]],
  ])('is refused: %s', (message, text, placements) => {
    expect(refusalOf(() => planPlace(placements)(routing(text, [0, 1]))).message).toBe(message);
  });
});

describe('rerouting', () => {
  const before = routing('hash:a', [0, 1, 2]);
  const to = (text: string, asked?: number | readonly string[]) =>
    changed(before, planReroute(parseRoutingSpec(text), asked));

  it('spreads over the partitions of now where none are named', () => {
    expect(to('hash:b').epoch.partitionIds).toEqual([0, 1, 2]);
    expect(to('range:b=1').epoch.partitionIds).toEqual([0, 1]);
  });

  it('makes what is missing, named by its number', () => {
    expect(to('range:b=1,2,3,4').partitionNames).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
    expect(to('hash:a', 5).epoch.partitionIds).toEqual([0, 1, 2, 3, 4]);
    expect(to('hash:a,missing=p3', 4).partitionNames).toEqual(['p0', 'p1', 'p2', 'p4', 'p3']);
  });

  it('takes names in their order, old ones and new ones', () => {
    const named = to('hash:a', ['x', 'p2', 'p0']);
    expect(named.partitionNames).toEqual(['p0', 'p1', 'p2', 'x']);
    expect(named.epoch.partitionIds).toEqual([3, 2, 0]);
  });

  it('takes back into use what an epoch before has left', () => {
    const narrow = changed(before, planReroute(parseRoutingSpec('hash:a'), 1));
    const wide = changed(narrow, planReroute(parseRoutingSpec('hash:a'), 3));
    expect(wide.partitionNames).toEqual(['p0', 'p1', 'p2']);
    expect(wide.epoch.partitionIds).toEqual([0, 1, 2]);
  });

  it('lets the partition for events without a key be named under manual', () => {
    expect(to('manual:a,missing=rest').epoch.partitionIds).toEqual([0, 1, 2, 3]);
    expect(to('hash:a,missing=rest').epoch.partitionIds).toEqual([0, 1, 2]);
    expect(to('hash:a,missing=p1').partitionNames).toEqual(['p0', 'p1', 'p2']);
  });

  it('keeps placements where it reads the same field, and ends them where it does not', () => {
    const placed = changed(before, planPlace([{ key: 'k', partition: 'p1' }]));
    const same = changed(placed, planReroute(parseRoutingSpec('range:a=b,c'), undefined));
    expect(same.placements.get('k')).toBe(1);
    expect(same.epoch.placedFrom).toBe(2);
    const other = changed(placed, planReroute(parseRoutingSpec('hash:b'), undefined));
    expect(other.placements.size).toBe(0);
    expect(other.epoch.placedFrom).toBeNull();
    // and never brings them back
    expect(changed(other, planReroute(parseRoutingSpec('hash:a'), undefined)).placements.size).toBe(0);
  });

  it('to what is in force is no change', () => {
    expect(planReroute(parseRoutingSpec('hash:a'), 3)(before)).toBeNull();
    expect(planReroute(parseRoutingSpec('hash:a'), ['p0', 'p1', 'p2'])(before)).toBeNull();
  });

  it.each([
    ['a range with 1 bound has 2 partitions, not 3', 'range:b=1', 3],
    ['0 partitions are out of range', 'hash:b', 0],
    ['257 partitions are out of range', 'hash:b', 257],
    ["invalid partition name 'P'", 'hash:b', ['P']],
  ])('is refused: %s', (message, text, asked) => {
    expect(refusalOf(() => to(text, asked)).message).toBe(message);
  });
});

it('the share of keys that a longer hash moves is that of the residues which differ', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (one, other) => {
      const residues = Array.from({ length: one * other }, (_, number) => number);
      const moved = residues.filter((number) => number % one !== number % other).length;
      expect(movedByHash(one, other)).toBeCloseTo(moved / residues.length, 12);
    }),
  );
});
