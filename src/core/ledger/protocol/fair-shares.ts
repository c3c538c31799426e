/** Assigns the partitions of a group to its members: each gets about the same number, with as few moves as that takes. Pure. */

import type { PartitionId } from '../../model/routing/partition.ts';

export interface Claimant {
  readonly name: string;
  /** The only partitions it wants; null: all of them. */
  readonly partitions: ReadonlySet<PartitionId> | null;
}

/**
 * Returns the holder of each partition that a member wants. The same facts always give the same answer, so members need not communicate.
 * Among members that want the same partitions, none holds two more than another.
 */
export function fairShares(
  partitions: readonly PartitionId[],
  members: readonly Claimant[],
  held: ReadonlyMap<PartitionId, string>,
): Map<PartitionId, string> {
  const claimants = [...members].sort((one, other) => (one.name < other.name ? -1 : 1));
  const loads = new Map(claimants.map(({ name }) => [name, 0]));
  const loadOf = (name: string): number => loads.get(name) ?? 0;
  const holders = new Map<PartitionId, string>();
  const give = (partition: PartitionId, to: string): void => {
    const from = holders.get(partition);
    if (from !== undefined) loads.set(from, loadOf(from) - 1);
    holders.set(partition, to);
    loads.set(to, loadOf(to) + 1);
  };
  /** The member that wants it and holds the fewest. */
  const lightest = (partition: PartitionId): string | undefined => {
    let least: string | undefined;
    for (const { name, partitions: wanted } of claimants) {
      if (wanted !== null && !wanted.has(partition)) continue;
      if (least === undefined || loadOf(name) < loadOf(least)) least = name;
    }
    return least;
  };

  for (const partition of partitions) {
    const holder = held.get(partition);
    const claimant = claimants.find(({ name }) => name === holder);
    if (claimant !== undefined && (claimant.partitions?.has(partition) ?? true)) give(partition, claimant.name);
  }
  for (const partition of partitions) {
    const least = holders.has(partition) ? undefined : lightest(partition);
    if (least !== undefined) give(partition, least);
  }
  // Each move makes the shares more even by two, so this terminates.
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false;
    for (const partition of partitions) {
      const holder = holders.get(partition);
      const least = lightest(partition);
      if (holder === undefined || least === undefined || loadOf(holder) - loadOf(least) < 2) continue;
      give(partition, least);
      hasMoved = true;
    }
  }
  return holders;
}
