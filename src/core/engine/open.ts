/** How a ledger is opened, and how it is made: what may be asked for, with its defaults, and whether it is what lies there. */

import type { BusyLimit } from '../ledger/driver.ts';
import type { Ledger } from '../ledger/ledger.ts';
import {
  checkLineBytesMax,
  checkModes,
  type Determinism,
  type Durability,
  differences,
  type LedgerBlueprint,
  type LedgerConfig,
  LINE_BYTES_DEFAULT,
} from '../model/config.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { partitionNames } from '../model/routing/partition.ts';
import { layOutPartitions, withMissingName } from '../model/routing/partition-layout.ts';
import { epochInForce, type RoutingSpec } from '../model/routing/routing.ts';
import { toRoutingSpec } from '../model/routing/routing-text.ts';
import { parseFieldPath } from '../model/text/field-path.ts';
import type { Clock } from '../model/time/clock.ts';
import type { Timer } from '../model/time/timer.ts';

/** How a ledger that does not exist yet is made. Everything has a default. */
export interface CreateOptions {
  /** Routing: `hashOf('tenant')`, `rangeOf('amount', [100, 1000])` and so on, or its text. Default: a hash over the whole payload. */
  readonly partition?: RoutingSpec | string | undefined;
  /** How many partitions, or their names; the one for events without a key may be left out. Default 8, or as many as a range makes. */
  readonly partitions?: number | readonly string[] | undefined;
  /** Dotted path of the event's own time. Default: the arrival counts. */
  readonly time?: string | undefined;
  /** Dotted path of an id that is committed once for ever. */
  readonly unique?: string | undefined;
  readonly durability?: Durability | undefined;
  /** What replay does by default; kept with a new ledger, and in force for this engine. */
  readonly determinism?: Determinism | undefined;
  /** Longest payload in bytes. Default 1 MiB. */
  readonly lineBytesMax?: number | undefined;
}

export interface OpenOptions extends CreateOptions {
  /** Path of the ledger file. */
  readonly ledger: string;
  /** Make the ledger if there is none. Default true; false: NO_LEDGER. */
  readonly create?: boolean | undefined;
  /** `read` opens a ledger one may not write, and refuses to emit. Default `write`. */
  readonly access?: 'read' | 'write' | undefined;
  /** How long to wait for other processes before BUSY. Default 5000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Ends every wait for other processes with ABORTED. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Commit although the clock is more than five years after everything in the ledger. Default false: CLOCK_UNUSABLE. */
  readonly trustClock?: boolean | undefined;
  /** What paced replays wait by. */
  readonly timer?: Timer | undefined;
}

const BUSY_TIMEOUT_MS = 5000;

export function toBlueprint(options: CreateOptions): LedgerBlueprint {
  checkModes(options);
  const config: LedgerConfig = {
    time: options.time === undefined ? null : parseFieldPath(options.time),
    unique: options.unique === undefined ? null : parseFieldPath(options.unique),
    durability: options.durability ?? 'full',
    determinism: options.determinism ?? 'strict',
    lineBytesMax: checkLineBytesMax(options.lineBytesMax ?? LINE_BYTES_DEFAULT),
  };
  const routing = toRoutingSpec(options.partition ?? 'hash');
  return { config, routing, ...layOutPartitions(routing, options.partitions) };
}

export function toBusyLimit({ busyTimeoutMs, signal }: Pick<OpenOptions, 'busyTimeoutMs' | 'signal'>): BusyLimit {
  return { limitMs: busyTimeoutMs ?? BUSY_TIMEOUT_MS, signal };
}

/** Whether opening failed because there is no ledger and one can be made: no file, or an empty one, as a creation that was killed leaves it. */
export function isUnmade(error: unknown): boolean {
  return error instanceof LedgerError && (error.code === 'NO_LEDGER' || error.details['isEmpty'] === true);
}

/** @throws LedgerError CONFIG_MISMATCH where the ledger was made otherwise than the options say */
export function checkAskedFor(ledger: Ledger, options: OpenOptions): void {
  checkModes(options);
  const { config, epochs, partitions, path } = ledger.identity;
  const routing = epochInForce(epochs).spec;
  const there = { config, routing, partitionNames: partitions.map(({ name }) => name) };
  const asked = options.partition === undefined ? undefined : toRoutingSpec(options.partition);
  const found = differences(there, {
    ...(asked === undefined ? {} : { routing: asked }),
    ...(options.partitions === undefined
      ? {}
      : { partitionNames: withMissingName(asked ?? routing, partitionNames(options.partitions)) }),
    ...(options.time === undefined ? {} : { time: parseFieldPath(options.time) }),
    ...(options.unique === undefined ? {} : { unique: parseFieldPath(options.unique) }),
    ...(options.durability === undefined ? {} : { durability: options.durability }),
  });
  if (found.length === 0) return;
  throw new LedgerError('CONFIG_MISMATCH', {
    message: `${path} was made otherwise: ${found.join('; ')}`,
    hint: 'leave these options out, or use another ledger',
    details: { path, differences: found },
  });
}
