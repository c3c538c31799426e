/** Opens the target ledger of `replay --into`: an existing one, or a new one with the settings of the source unless others are given. */

import {
  Completengine,
  type CreateOptions,
  epochInForce,
  formatCompression,
  formatFieldPath,
  formatFieldPaths,
  LedgerError,
  type LedgerIdentity,
  parseRoutingSpec,
  schemeOf,
} from '../../index.ts';
import { readPartitions } from '../partition/partitions-flag.ts';

export interface IntoFlags {
  readonly into: string;
  /** A routing rule, if one was given. */
  readonly routing: string | undefined;
  readonly partitions: string | undefined;
  readonly busyTimeoutMs: number | undefined;
  readonly signal: AbortSignal;
}

/** @throws LedgerError CONFIG_MISMATCH for an existing ledger that was created with different settings. */
export async function openInto(
  { into, routing, partitions, busyTimeoutMs, signal }: IntoFlags,
  source: LedgerIdentity,
): Promise<Completengine> {
  const asked = {
    ledger: into,
    busyTimeoutMs,
    signal,
    ...(routing === undefined ? {} : { routing: parseRoutingSpec(routing) }),
    ...(partitions === undefined ? {} : { partitions: readPartitions(partitions) }),
  };
  try {
    return await Completengine.open({ ...asked, create: false });
  } catch (error) {
    if (!isMissing(error)) throw error;
    // servers have a limit of their own for lines
    const own = schemeOf(into) === null ? { lineBytesMax: source.config.lineBytesMax } : {};
    return Completengine.open({ ...likeSource(source, routing), ...own, ...asked });
  }
}

/** No file, or an empty one, as left by a creation that was killed. */
function isMissing(error: unknown): boolean {
  return error instanceof LedgerError && (error.code === 'NO_LEDGER' || error.details['isEmpty'] === true);
}

function likeSource({ config, epochs, partitions }: LedgerIdentity, routing: string | undefined): CreateOptions {
  const { spec, partitionIds } = epochInForce(epochs);
  return {
    routing: spec,
    // another rule may define another number; the rule itself adds the partition for events without a key
    partitions: routing === undefined ? partitionIds.map((id) => partitions[id]?.name ?? '') : undefined,
    time: config.time === null ? undefined : formatFieldPath(config.time),
    zone: config.zone ?? undefined,
    unique: config.unique === null ? undefined : formatFieldPaths(config.unique),
    compression: formatCompression(config.compression),
    durability: config.durability,
    determinism: config.determinism,
  };
}
