/** Which partitions a routing gets in a new ledger, and over how many of them it spreads keys. No I/O. */

import { LedgerError } from './ledger-error.ts';
import { PARTITIONS_DEFAULT, partitionNames } from './partition.ts';
import type { RoutingSpec } from './routing.ts';

export interface PartitionLayout {
  /** By id. */
  readonly partitionNames: readonly string[];
  /** Keys go to the ids below. */
  readonly partitionCount: number;
}

/**
 * `asked`: a count, or names. A range has as many partitions as its bounds make. The partition for events without a key may be one of those named;
 * otherwise it is made behind them, and takes no part in hashes and ranges. @throws LedgerError INVALID_ARGUMENT
 */
export function layOutPartitions(spec: RoutingSpec, asked: number | readonly string[] | undefined): PartitionLayout {
  const made = spec.rule === 'range' ? spec.bounds.values.length + 1 : undefined;
  const names = partitionNames(asked ?? made ?? PARTITIONS_DEFAULT);
  if (made !== undefined && names.length !== made) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `a range with ${made - 1} ${made === 2 ? 'bound' : 'bounds'} has ${made} partitions, not ${names.length}`,
      hint: `leave the partitions out, or name ${made}${spec.missing === null ? '' : `: '${spec.missing}' is made besides them`}`,
      details: { made, asked: names.length },
    });
  }
  const all = withMissingName(spec, names);
  // a name is all that counts by hand, so that one is a partition like the others
  return { partitionNames: all, partitionCount: spec.rule === 'manual' ? all.length : names.length };
}

/** The names of all partitions where the one for events without a key may be left out of those given. @throws LedgerError INVALID_ARGUMENT */
export function withMissingName(spec: RoutingSpec, names: readonly string[]): readonly string[] {
  return spec.missing === null || names.includes(spec.missing) ? names : partitionNames([...names, spec.missing]);
}
