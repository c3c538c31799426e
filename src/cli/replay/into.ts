/** The ledger that a replay goes into: the one that is there, or a new one, made like the source but for what is asked for. */

import {
  Completengine,
  type CreateOptions,
  epochInForce,
  formatFieldPath,
  LedgerError,
  type LedgerIdentity,
  parseRoutingSpec,
} from '../../index.ts';
import { readPartitions } from '../partition/partitions-flag.ts';

export interface IntoFlags {
  readonly into: string;
  /** A routing, where one was given. */
  readonly routing: string | undefined;
  readonly partitions: string | undefined;
  readonly busyTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** Among the `--partition`s a colon tells a routing from names, which hold none. @throws LedgerError INVALID_ARGUMENT for several routings. */
export function splitPartitionFlags(values: readonly string[] | undefined): {
  names: string[];
  routing: string | undefined;
} {
  const [routing, ...more] = (values ?? []).filter((value) => value.includes(':'));
  if (more.length > 0)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: 'a ledger has one routing rule',
      hint: 'give only one --partition with a colon',
    });
  return { names: (values ?? []).filter((value) => !value.includes(':')), routing };
}

/** @throws LedgerError CONFIG_MISMATCH for a ledger that is there and was made otherwise than asked for. */
export async function openInto(
  { into, routing, partitions, busyTimeoutMs, signal }: IntoFlags,
  source: LedgerIdentity,
): Promise<Completengine> {
  const asked = {
    ledger: into,
    busyTimeoutMs,
    signal,
    ...(routing === undefined ? {} : { partition: parseRoutingSpec(routing) }),
    ...(partitions === undefined ? {} : { partitions: readPartitions(partitions) }),
  };
  try {
    return await Completengine.open({ ...asked, create: false });
  } catch (error) {
    if (!isUnmade(error)) throw error;
    return Completengine.open({ ...likeSource(source, routing), ...asked });
  }
}

/** No file, or an empty one, as a creation that was killed leaves it. */
function isUnmade(error: unknown): boolean {
  return error instanceof LedgerError && (error.code === 'NO_LEDGER' || error.details['isEmpty'] === true);
}

function likeSource({ config, epochs, partitions }: LedgerIdentity, routing: string | undefined): CreateOptions {
  const { spec, partitionIds } = epochInForce(epochs);
  return {
    partition: spec,
    // another routing may make another number of them; the one for events without a key is made by the routing
    partitions: routing === undefined ? partitionIds.map((id) => partitions[id]?.name ?? '') : undefined,
    time: config.time === null ? undefined : formatFieldPath(config.time),
    unique: config.unique === null ? undefined : formatFieldPath(config.unique),
    durability: config.durability,
    determinism: config.determinism,
    lineBytesMax: config.lineBytesMax,
  };
}
