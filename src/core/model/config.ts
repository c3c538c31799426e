/** The settings of a ledger that are fixed at creation, as data. No I/O. */

import { type Compression, formatCompression } from './compression.ts';
import { invalidArgument } from './ledger-error.ts';
import type { PartitionLayout } from './routing/partition-layout.ts';
import type { RoutingSpec } from './routing/routing.ts';
import { formatRoutingSpec } from './routing/routing-text.ts';
import { type FieldPath, formatFieldPath, formatFieldPaths } from './text/field-path.ts';

/** `full`: a commit is on the disk before it is acknowledged. `normal`: a power failure may lose the last commits. */
export type Durability = (typeof DURABILITIES)[number];
export const DURABILITIES = ['full', 'normal'] as const;

/** `strict`: replay verifies the chain while reading. `relaxed`: it does not, and is faster. */
export type Determinism = (typeof DETERMINISMS)[number];
export const DETERMINISMS = ['strict', 'relaxed'] as const;

/** `packed`: a commit is one message of a log. `framed`: each of its frames is one, and its link another behind them, appended together. */
export type LogLayout = (typeof LOG_LAYOUTS)[number];
export const LOG_LAYOUTS = ['packed', 'framed'] as const;

export interface LedgerConfig {
  /** Path of the event's own time; null: arrival time. */
  readonly time: FieldPath | null;
  /** IANA name of the zone of times without an offset; null: such times are rejected. */
  readonly zone: string | null;
  /** Paths of the fields that are together the event's unique id, which is stored at most once; null: no ids. */
  readonly unique: readonly FieldPath[] | null;
  readonly durability: Durability;
  readonly determinism: Determinism;
  /** Longest payload in bytes, line end excluded. */
  readonly lineBytesMax: number;
  /** How new frames are stored; null: plain. A ledger may hold both kinds. */
  readonly compression: Compression | null;
  /** Of a ledger in a log; null: of one in a file, or the default of a log, which is packed. */
  readonly layout: LogLayout | null;
}

export const LINE_BYTES_DEFAULT = 1024 * 1024;
/** A frame is one SQLite blob, whose limit is 1e9 bytes. */
const LINE_BYTES_LIMIT = 256 * 1024 * 1024;
/** Deepest nesting of a payload. SQLite's JSON functions stop at 1,000, and a frame adds two levels. */
export const DEPTH_MAX = 512;

/** Settings of a ledger that does not exist yet. */
export interface LedgerBlueprint extends PartitionLayout {
  readonly config: LedgerConfig;
  readonly routing: RoutingSpec;
}

export function isLineBytesMax(bytes: unknown): bytes is number {
  return Number.isInteger(bytes) && (bytes as number) >= 1 && (bytes as number) <= LINE_BYTES_LIMIT;
}

/** @throws LedgerError INVALID_ARGUMENT if the limit is out of range */
export function checkLineBytesMax(bytes: number): number {
  if (isLineBytesMax(bytes)) return bytes;
  throw invalidArgument(`a line limit of ${bytes} bytes is out of range`, `use 1 to ${LINE_BYTES_LIMIT}`);
}

/** A caller without types may pass any value. @throws LedgerError INVALID_ARGUMENT */
export function checkModes({
  durability,
  determinism,
  layout,
}: {
  durability?: Durability | undefined;
  determinism?: Determinism | undefined;
  layout?: LogLayout | undefined;
}): void {
  if (durability !== undefined && !DURABILITIES.includes(durability))
    throw invalidArgument(`durability cannot be ${durability}`, 'use full or normal');
  if (determinism !== undefined && !DETERMINISMS.includes(determinism))
    throw invalidArgument(`determinism cannot be ${determinism}`, 'use strict or relaxed');
  if (layout !== undefined && !LOG_LAYOUTS.includes(layout))
    throw invalidArgument(`layout cannot be ${layout}`, 'use packed or framed');
}

/**
 * Differences between a ledger and the settings a caller asked for, as `name is VALUE, not REQUESTED`. Settings that
 * were not asked for are not compared.
 */
export function differences(
  there: Omit<LedgerBlueprint, 'partitionIds'>,
  asked: Partial<LedgerConfig> & { routing?: RoutingSpec; partitionNames?: readonly string[] },
): string[] {
  const path = (field: FieldPath | null) => (field === null ? 'none' : formatFieldPath(field));
  const paths = (fields: readonly FieldPath[] | null) => (fields === null ? 'none' : formatFieldPaths(fields));
  const pairs: [string, string, string | undefined][] = [
    ['routing', formatRoutingSpec(there.routing), asked.routing && formatRoutingSpec(asked.routing)],
    ['partitions', there.partitionNames.join(','), asked.partitionNames?.join(',')],
    ['time', path(there.config.time), asked.time === undefined ? undefined : path(asked.time)],
    ['time zone', there.config.zone ?? 'none', asked.zone ?? undefined],
    ['unique', paths(there.config.unique), asked.unique === undefined ? undefined : paths(asked.unique)],
    ['durability', there.config.durability, asked.durability],
    [
      'compression',
      formatCompression(there.config.compression),
      asked.compression === undefined ? undefined : formatCompression(asked.compression),
    ],
    ['layout', there.config.layout ?? 'none', asked.layout ?? undefined],
  ];
  return pairs
    .filter(([, is, wanted]) => wanted !== undefined && wanted !== is)
    .map(([what, is, wanted]) => `${what} is ${is}, not ${wanted}`);
}
