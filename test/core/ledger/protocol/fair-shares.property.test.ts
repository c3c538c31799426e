import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairShares } from '../../../../src/core/ledger/protocol/fair-shares.ts';

const facts = fc.record({
  partitionCount: fc.integer({ min: 1, max: 24 }),
  members: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1 }),
  holders: fc.array(fc.constantFrom('a', 'b', 'c', 'gone', null), { maxLength: 24 }),
});

const partitionsOf = (count: number): number[] => Array.from({ length: count }, (_, partition) => partition);

function heldBy(holders: readonly (string | null)[], count: number): Map<number, string> {
  return new Map(
    holders
      .slice(0, count)
      .flatMap((holder, partition): [number, string][] => (holder === null ? [] : [[partition, holder]])),
  );
}

const loadsOf = (shares: ReadonlyMap<number, string>, members: readonly string[]): number[] =>
  members.map((name) => [...shares.values()].filter((holder) => holder === name).length);

describe('fair shares', () => {
  it('give every partition to a member, and no member two more than another', () => {
    fc.assert(
      fc.property(facts, ({ partitionCount, members, holders }) => {
        const claimants = members.map((name) => ({ name, partitions: null }));
        const shares = fairShares(partitionsOf(partitionCount), claimants, heldBy(holders, partitionCount));
        expect([...shares.keys()].sort((one, other) => one - other)).toEqual(partitionsOf(partitionCount));
        const loads = loadsOf(shares, members);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('change nothing where nothing has to change', () => {
    fc.assert(
      fc.property(facts, ({ partitionCount, members, holders }) => {
        const claimants = members.map((name) => ({ name, partitions: null }));
        const shares = fairShares(partitionsOf(partitionCount), claimants, heldBy(holders, partitionCount));
        expect(fairShares(partitionsOf(partitionCount), [...claimants].reverse(), shares)).toEqual(shares);
      }),
    );
  });

  it('give no member a partition that it does not accept, and leave none that some member accepts', () => {
    const wanting = fc.record({
      wishes: fc.array(fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 9 }))), { minLength: 1, maxLength: 5 }),
      holders: fc.array(fc.constantFrom('m0', 'm1', 'gone', null), { maxLength: 10 }),
    });
    fc.assert(
      fc.property(wanting, ({ wishes, holders }) => {
        const claimants = wishes.map((wish, at) => ({
          name: `m${at}`,
          partitions: wish === null ? null : new Set(wish),
        }));
        const shares = fairShares(partitionsOf(10), claimants, heldBy(holders, 10));
        for (const partition of partitionsOf(10)) {
          const wanted = claimants
            .filter(({ partitions }) => partitions?.has(partition) ?? true)
            .map(({ name }) => name);
          if (wanted.length === 0) expect(shares.has(partition)).toBe(false);
          else expect(wanted).toContain(shares.get(partition));
        }
      }),
    );
  });
});
