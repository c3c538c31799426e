/**
 * Keys of the records of groups. A name is written in hexadecimal, because it may hold dots, which separate the tokens of a key. Keys come from a store
 * that others write to as well, so they are checked when they are read.
 */

import { isClientName } from '../../../model/client-name.ts';
import { PARTITIONS_MAX, type PartitionId } from '../../../model/routing/partition.ts';
import { damagedRecord } from './damaged-record.ts';

/** The record that is written to learn the time of the store. */
export const CLOCK = 't';
/** Before the keys of all groups. */
export const GROUPS = 'g.';

const hex = (group: string): string => Buffer.from(group).toString('hex');

export const groupKey = (group: string): string => `${GROUPS}${hex(group)}`;
/** Before the keys of a group's cursors. */
export const cursorsOf = (group: string): string => `c.${hex(group)}.`;
export const cursorKey = (group: string, partition: PartitionId): string => `${cursorsOf(group)}${partition}`;
/** Before the keys of a group's parked events. */
export const parkedOf = (group: string): string => `k.${hex(group)}.`;
/** Before the keys of the parked events of one partition. */
export const parkedIn = (group: string, partition: PartitionId): string => `${parkedOf(group)}${partition}.`;
export const parkedKey = (group: string, partition: PartitionId, sequence: number): string =>
  `${parkedIn(group, partition)}${sequence}`;

/** The group of a key of {@link groupKey}. @throws LedgerError DAMAGED_LEDGER */
export function groupOfKey(key: string): string {
  const group = Buffer.from(key.slice(GROUPS.length), 'hex').toString();
  if (isClientName(group) && groupKey(group) === key) return group;
  throw damagedRecord(key, 'its key names no group');
}

/** The partition of a key of {@link cursorKey}. @throws LedgerError DAMAGED_LEDGER */
export function partitionOfKey(key: string): PartitionId {
  const [, , partition, ...rest] = key.split('.');
  if (rest.length === 0) return partitionIn(key, partition);
  throw damagedRecord(key, 'its key names no partition');
}

/** The event of a key of {@link parkedKey}. @throws LedgerError DAMAGED_LEDGER */
export function eventOfKey(key: string): { readonly partition: PartitionId; readonly sequence: number } {
  const [, , partition, sequence, ...rest] = key.split('.');
  const number = natural(sequence);
  if (rest.length === 0 && number !== null && number > 0)
    return { partition: partitionIn(key, partition), sequence: number };
  throw damagedRecord(key, 'its key names no event');
}

function partitionIn(key: string, text: string | undefined): PartitionId {
  const partition = natural(text);
  if (partition !== null && partition < PARTITIONS_MAX) return partition;
  throw damagedRecord(key, 'its key names no partition');
}

/** A whole number in the one way it can be written. */
function natural(text: string | undefined): number | null {
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= 0 && String(number) === text ? number : null;
}
