/** What is fixed for a ledger when it is made, as data. No I/O. */

import { invalidArgument } from './ledger-error.ts';
import type { PartitionLayout } from './routing/partition-layout.ts';
import type { RoutingSpec } from './routing/routing.ts';
import { formatRoutingSpec } from './routing/routing-text.ts';
import { type FieldPath, formatFieldPath } from './text/field-path.ts';

/** `full`: a commit is on the disk before it is acknowledged. `normal`: a power cut may take the last ones. */
export type Durability = (typeof DURABILITIES)[number];
export const DURABILITIES = ['full', 'normal'] as const;

/** `strict`: replay verifies the chain while it reads. `relaxed`: it does not, and is faster. */
export type Determinism = (typeof DETERMINISMS)[number];
export const DETERMINISMS = ['strict', 'relaxed'] as const;

export interface LedgerConfig {
  /** Where an event carries its own time; null: its arrival counts. */
  readonly time: FieldPath | null;
  /** Where an event carries an id that is committed once for ever; null: no such id. */
  readonly unique: FieldPath | null;
  readonly durability: Durability;
  readonly determinism: Determinism;
  /** Longest payload in bytes, line end excluded. */
  readonly lineBytesMax: number;
}

export const LINE_BYTES_DEFAULT = 1024 * 1024;
/** A frame is one SQLite blob, and those end at 1e9 bytes. */
const LINE_BYTES_LIMIT = 256 * 1024 * 1024;
/** Deepest nesting of a payload. SQLite's JSON functions stop at 1,000, a frame adds two. */
export const DEPTH_MAX = 512;

/** How a ledger that does not exist yet shall be made. */
export interface LedgerBlueprint extends PartitionLayout {
  readonly config: LedgerConfig;
  readonly routing: RoutingSpec;
}

export function isLineBytesMax(bytes: unknown): bytes is number {
  return Number.isInteger(bytes) && (bytes as number) >= 1 && (bytes as number) <= LINE_BYTES_LIMIT;
}

/** @throws LedgerError INVALID_ARGUMENT when the limit is not possible. */
export function checkLineBytesMax(bytes: number): number {
  if (isLineBytesMax(bytes)) return bytes;
  throw invalidArgument(`a line limit of ${bytes} bytes is not possible`, `use 1 to ${LINE_BYTES_LIMIT}`);
}

/** Who calls without types may ask for what there is not. @throws LedgerError INVALID_ARGUMENT */
export function checkModes({
  durability,
  determinism,
}: {
  durability?: Durability | undefined;
  determinism?: Determinism | undefined;
}): void {
  if (durability !== undefined && !DURABILITIES.includes(durability))
    throw invalidArgument(`durability cannot be ${durability}`, 'use full or normal');
  if (determinism !== undefined && !DETERMINISMS.includes(determinism))
    throw invalidArgument(`determinism cannot be ${determinism}`, 'use strict or relaxed');
}

/** The ways in which a ledger differs from what a caller asked for, as texts `what: there, not asked`. Only what was asked is compared. */
export function differences(
  there: Omit<LedgerBlueprint, 'partitionIds'>,
  asked: Partial<LedgerConfig> & { routing?: RoutingSpec; partitionNames?: readonly string[] },
): string[] {
  const path = (field: FieldPath | null) => (field === null ? 'none' : formatFieldPath(field));
  const pairs: [string, string, string | undefined][] = [
    ['partition', formatRoutingSpec(there.routing), asked.routing && formatRoutingSpec(asked.routing)],
    ['partitions', there.partitionNames.join(','), asked.partitionNames?.join(',')],
    ['time', path(there.config.time), asked.time === undefined ? undefined : path(asked.time)],
    ['unique', path(there.config.unique), asked.unique === undefined ? undefined : path(asked.unique)],
    ['durability', there.config.durability, asked.durability],
  ];
  return pairs
    .filter(([, is, wanted]) => wanted !== undefined && wanted !== is)
    .map(([what, is, wanted]) => `${what} is ${is}, not ${wanted}`);
}
