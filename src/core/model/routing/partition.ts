/** Partitions: totally ordered lanes of a ledger, identified by a dense id and a name. No I/O. */

import { LedgerError } from '../ledger-error.ts';

/** 0-based, dense, never reused. */
export type PartitionId = number;

/** The events view is one compound select over all partitions, and SQLite joins at most 500. */
export const PARTITIONS_MAX = 256;
export const PARTITIONS_DEFAULT = 8;

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export interface Partition {
  readonly id: PartitionId;
  readonly name: string;
}

/** Whether a text is a valid name of a partition. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** @throws LedgerError INVALID_ARGUMENT for an invalid name of a partition */
export function checkName(name: string): string {
  if (isName(name)) return name;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `invalid partition name '${name.slice(0, 80)}'`,
    hint: 'use 1 to 64 of a-z 0-9 . _ - and start with a letter or digit',
    details: { name },
  });
}

/**
 * Names for the partitions of a new ledger: a count (`p0`, `p1`, ..) or the names themselves.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function partitionNames(partitions: number | readonly string[]): readonly string[] {
  const names =
    typeof partitions === 'number' ? Array.from({ length: checkCount(partitions) }, (_, id) => `p${id}`) : partitions;
  checkCount(names.length);
  for (const [at, name] of names.entries()) {
    checkName(name);
    if (names.indexOf(name) !== at) throw namedTwice(name);
  }
  return names;
}

function namedTwice(name: string): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', {
    message: `the partition '${name}' is named twice`,
    hint: 'name each partition once',
    details: { name },
  });
}

/** @throws LedgerError INVALID_ARGUMENT if a ledger cannot have that many partitions */
export function checkCount(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= PARTITIONS_MAX) return count;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `${count} partitions are out of range`,
    hint: `a ledger has 1 to ${PARTITIONS_MAX} partitions`,
    details: { count, max: PARTITIONS_MAX },
  });
}

/** Finds partitions by name. @throws LedgerError UNKNOWN_PARTITION listing the existing ones */
export function selectPartitions(partitions: readonly Partition[], names: readonly string[]): Partition[] {
  return names.map((name) => {
    const found = partitions.find((partition) => partition.name === name);
    if (found !== undefined) return found;
    const known = partitions.slice(0, 8).map((partition) => partition.name);
    throw new LedgerError('UNKNOWN_PARTITION', {
      message: `the ledger has no partition '${name.slice(0, 80)}'`,
      hint: `it has ${known.join(', ')}${partitions.length > known.length ? ` and ${partitions.length - known.length} more: completengine partition` : ''}`,
      details: { name },
    });
  });
}
