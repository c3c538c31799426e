/** The partitions of a new ledger, and those among them that receive keys. No I/O. */

import { LedgerError } from '../ledger-error.ts';
import { PARTITIONS_DEFAULT, type PartitionId, partitionNames } from './partition.ts';
import type { RoutingSpec } from './routing.ts';

export interface PartitionLayout {
  /** By id. */
  readonly partitionNames: readonly string[];
  /** Partitions that receive keys. */
  readonly partitionIds: readonly PartitionId[];
}

/**
 * `asked`: a count, or names. A range has as many partitions as its bounds make. The partition for events without a key
 * may be one of those named; otherwise it is created after them, and takes no part in hashes and ranges.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function layOutPartitions(spec: RoutingSpec, asked: number | readonly string[] | undefined): PartitionLayout {
  const names = partitionNames(asked ?? partitionsMade(spec) ?? PARTITIONS_DEFAULT);
  checkPartitionsMade(spec, names.length);
  const all = withMissingName(spec, names);
  return { partitionNames: all, partitionIds: keyedNames(spec, names).map((_, id) => id) };
}

/** Number of partitions that the bounds of a range make; undefined for the other rules. */
export function partitionsMade(spec: RoutingSpec): number | undefined {
  return spec.rule === 'range' ? spec.bounds.values.length + 1 : undefined;
}

/** @throws LedgerError INVALID_ARGUMENT if a range has another number of partitions than its bounds make */
export function checkPartitionsMade(spec: RoutingSpec, count: number): void {
  const made = partitionsMade(spec);
  if (made === undefined || made === count) return;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `a range with ${made - 1} ${made === 2 ? 'bound' : 'bounds'} has ${made} partitions, not ${count}`,
    hint: `leave the partitions out, or name ${made}${spec.missing === null ? '' : `: '${spec.missing}' is added to them`}`,
    details: { made, asked: count },
  });
}

/**
 * The names that receive keys. With manual routing every name counts, so the partition for events without a key is like
 * the others.
 */
export function keyedNames(spec: RoutingSpec, names: readonly string[]): readonly string[] {
  return spec.rule === 'manual' ? withMissingName(spec, names) : names;
}

/**
 * The names of all partitions; the one for events without a key may be omitted from those given.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function withMissingName(spec: RoutingSpec, names: readonly string[]): readonly string[] {
  return spec.missing === null || names.includes(spec.missing) ? names : partitionNames([...names, spec.missing]);
}
