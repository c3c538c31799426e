/** The ledger that a replay goes into: the one that is there, or a new one, made like the source but for what is asked for. */

import { Completengine, epochInForce, formatFieldPath, LedgerError, type LedgerIdentity, parseRoutingSpec } from '../index.ts';
import { readPartitions } from './partitions-flag.ts';

export interface IntoFlags {
  readonly into: string;
  /** A routing, where one was given. */
  readonly routing: string | undefined;
  readonly partitions: string | undefined;
  readonly busyTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** Among the `--partition`s a colon tells a routing from names, which hold none. @throws LedgerError INVALID_ARGUMENT for several routings. */
export function splitPartitionFlags(values: readonly string[] | undefined): { names: string[]; routing: string | undefined } {
  const [routing, ...more] = (values ?? []).filter((value) => value.includes(':'));
  if (more.length > 0) throw new LedgerError('INVALID_ARGUMENT', { message: 'a ledger has one routing', hint: 'give one --partition with a colon' });
  return { names: (values ?? []).filter((value) => !value.includes(':')), routing };
}

/** @throws LedgerError CONFIG_MISMATCH for a ledger that is there and was made otherwise than asked for. */
export async function openInto({ into, routing, partitions, busyTimeoutMs, signal }: IntoFlags, source: LedgerIdentity): Promise<Completengine> {
  const asked = {
    ...(routing === undefined ? {} : { partition: parseRoutingSpec(routing) }),
    ...(partitions === undefined ? {} : { partitions: readPartitions(partitions) }),
  };
  const { config, epochs, partitions: lanes } = source;
  const { spec, partitionIds } = epochInForce(epochs);
  const like = (await Completengine.exists(into))
    ? {}
    : {
        partition: spec,
        // another routing may make another number of them; the one for events without a key is made by the routing
        partitions: routing === undefined ? partitionIds.map((id) => lanes[id]?.name ?? '') : undefined,
        time: config.time === null ? undefined : formatFieldPath(config.time),
        unique: config.unique === null ? undefined : formatFieldPath(config.unique),
        durability: config.durability,
        determinism: config.determinism,
        lineBytesMax: config.lineBytesMax,
      };
  return Completengine.open({ ledger: into, ...like, ...asked, busyTimeoutMs, signal });
}
