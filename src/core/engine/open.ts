/** Opens and creates ledgers: resolves options to their defaults, and compares them with an existing ledger. */

import type { BusyLimit, LedgerDriver } from '../ledger/driver.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Compression, parseCompression } from '../model/compression.ts';
import {
  checkLineBytesMax,
  checkModes,
  type Determinism,
  type Durability,
  differences,
  type LedgerBlueprint,
  type LedgerConfig,
  LINE_BYTES_DEFAULT,
  type LogLayout,
} from '../model/config.ts';
import { inOption, invalidArgument, LedgerError } from '../model/ledger-error.ts';
import { partitionNames } from '../model/routing/partition.ts';
import { layOutPartitions, withMissingName } from '../model/routing/partition-layout.ts';
import { epochInForce, type RoutingSpec } from '../model/routing/routing.ts';
import { toRoutingSpec } from '../model/routing/routing-text.ts';
import { type FieldPath, parseFieldPath, parseFieldPaths } from '../model/text/field-path.ts';
import type { Clock } from '../model/time/clock.ts';
import { timeZone } from '../model/time/time-zone.ts';
import type { Timer } from '../model/time/timer.ts';

/** Settings of a new ledger. All have defaults. */
export interface CreateOptions {
  /**
   * Routing: `hashOf('tenant')`, `rangeOf('amount', [100, 1000])` and so on, or its text. Default: a hash over the
   * whole payload.
   */
  readonly routing?: RoutingSpec | string | undefined;
  /**
   * Number of partitions, or their names; the one for events without a key may be omitted. Default 8, or as many as a
   * range makes.
   */
  readonly partitions?: number | readonly string[] | undefined;
  /** Dotted path of the event's own time. Default: arrival time. */
  readonly time?: string | undefined;
  /** IANA name of the zone of event times without an offset, such as `Europe/Berlin`. Default: such times are rejected. */
  readonly zone?: string | undefined;
  /** Dotted path of a unique id, which is stored at most once; of an id of several fields `source+id`. */
  readonly unique?: string | undefined;
  readonly durability?: Durability | undefined;
  /** Default of replays; stored with a new ledger, and in force for this engine. */
  readonly determinism?: Determinism | undefined;
  /** Longest payload in bytes. Default 1 MiB, or what a message of the servers takes, if that is less. */
  readonly lineBytesMax?: number | undefined;
  /** How frames are stored: `none` (default), `zstd`, or `zstd:LEVEL` with a level of 1 to 19. Needs Node 22.15 or the package zstd-napi. */
  readonly compression?: string | undefined;
  /** On NATS: `packed` (default), or `framed`, whose readers of some partitions get the bytes of these alone; it needs nats-server 2.12. */
  readonly layout?: LogLayout | undefined;
}

export interface OpenOptions extends CreateOptions {
  /** Path of the ledger file, or `nats://HOST[,HOST]/NAME`. */
  readonly ledger: string;
  /** Directory of the segments of archived history, for a ledger in a file. Default `LEDGER.archive`. */
  readonly archive?: string | undefined;
  /** Create the ledger if there is none. Default true; false: NO_LEDGER. */
  readonly create?: boolean | undefined;
  /** `read` opens a ledger without write permission, and rejects emits. Default `write`. */
  readonly access?: 'read' | 'write' | undefined;
  /** Milliseconds to wait for other processes before BUSY, or for servers before UNREACHABLE. Default 5000, on NATS 15000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Ends every wait for other processes with ABORTED. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Commit even if the clock is more than five years after everything in the ledger. Default false: CLOCK_UNUSABLE. */
  readonly trustClock?: boolean | undefined;
  /** Timer of paced replays. */
  readonly timer?: Timer | undefined;
}

/** `zone`: as {@link zoneNameOf} resolves it. @throws LedgerError INVALID_ARGUMENT */
export function toBlueprint(options: CreateOptions, zone: string | null = null): LedgerBlueprint {
  checkModes(options);
  const config: LedgerConfig = {
    time: timeOf(options),
    zone,
    unique: uniqueOf(options),
    durability: options.durability ?? 'full',
    determinism: options.determinism ?? 'strict',
    lineBytesMax: inOption('lineBytesMax', () => checkLineBytesMax(options.lineBytesMax ?? LINE_BYTES_DEFAULT)),
    compression: compressionOf(options.compression ?? 'none'),
    layout: options.layout ?? null,
  };
  const routing = inOption('routing', () => toRoutingSpec(options.routing ?? 'hash'));
  return { config, routing, ...inOption('partitions', () => layOutPartitions(routing, options.partitions)) };
}

function timeOf({ time }: CreateOptions): FieldPath | null {
  return time === undefined ? null : inOption('time', () => parseFieldPath(time));
}

function uniqueOf({ unique }: CreateOptions): readonly FieldPath[] | null {
  return unique === undefined ? null : inOption('unique', () => parseFieldPaths(unique));
}

function compressionOf(compression: string): Compression | null {
  return inOption('compression', () => parseCompression(compression));
}

/** The name of the zone in the tz database; null without one. @throws LedgerError INVALID_ARGUMENT, INVALID_TIME for an unknown zone */
export async function zoneNameOf({ zone: tz, time }: CreateOptions): Promise<string | null> {
  if (tz === undefined) return null;
  if (time === undefined)
    throw invalidArgument('a time zone needs a time field', 'name the field of the event time, too', 'zone', 'time');
  return (await inOption('zone', () => timeZone(tz))).name;
}

export function toBusyLimit(
  { busyTimeoutMs, signal }: Pick<OpenOptions, 'busyTimeoutMs' | 'signal'>,
  driver: LedgerDriver,
): BusyLimit {
  return { limitMs: busyTimeoutMs ?? driver.busyTimeoutMs, signal };
}

/**
 * Whether opening failed because there is no ledger and one can be created: no file, or an empty one, as a killed
 * creation leaves it.
 */
export function isUnmade(error: unknown): boolean {
  return error instanceof LedgerError && (error.code === 'NO_LEDGER' || error.details['isEmpty'] === true);
}

/** @throws LedgerError CONFIG_MISMATCH if the ledger was created with different settings */
export function checkAskedFor(ledger: Ledger, options: OpenOptions): void {
  checkModes(options);
  const { config, epochs, partitions, path } = ledger.identity;
  const routing = epochInForce(epochs).spec;
  const there = { config, routing, partitionNames: partitions.map(({ name }) => name) };
  const wanted = options.routing;
  const asked = wanted === undefined ? undefined : inOption('routing', () => toRoutingSpec(wanted));
  const { partitions: names } = options;
  const found = differences(there, {
    ...(asked === undefined ? {} : { routing: asked }),
    ...(names === undefined
      ? {}
      : {
          partitionNames: withMissingName(
            asked ?? routing,
            inOption('partitions', () => partitionNames(names)),
          ),
        }),
    ...(options.time === undefined ? {} : { time: timeOf(options) }),
    ...(options.unique === undefined ? {} : { unique: uniqueOf(options) }),
    ...(options.zone === undefined ? {} : { zone: options.zone }),
    ...(options.durability === undefined ? {} : { durability: options.durability }),
    ...(options.compression === undefined ? {} : { compression: compressionOf(options.compression) }),
    ...(options.layout === undefined ? {} : { layout: options.layout }),
  });
  if (found.length === 0) return;
  throw new LedgerError('CONFIG_MISMATCH', {
    message: `${path} was created with different settings: ${found.join('; ')}`,
    hint: 'omit these options, or use another ledger',
    details: { path, differences: found },
  });
}
