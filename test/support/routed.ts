/** Routes lines as an emission does: through the real scanner, by the router of a spec. */

import { DEPTH_MAX } from '../../src/core/model/config.ts';
import { layOutPartitions } from '../../src/core/model/routing/partition-layout.ts';
import {
  NO_PLACEMENTS,
  type Placements,
  type RoutingInForce,
  type RoutingSpec,
} from '../../src/core/model/routing/routing.ts';
import { parseRoutingSpec } from '../../src/core/model/routing/routing-text.ts';
import { makeRouter } from '../../src/core/router/router.ts';
import { FieldReader } from '../../src/core/scan/field-reader.ts';

/** A current routing, without placements unless given. */
export function inForce(parts: {
  readonly spec: RoutingSpec;
  readonly partitionIds: readonly number[];
  readonly partitionNames?: readonly string[];
  readonly placements?: Placements;
}): RoutingInForce {
  const { spec, partitionIds, placements = NO_PLACEMENTS } = parts;
  const partitionNames =
    parts.partitionNames ?? Array.from({ length: Math.max(...partitionIds) + 1 }, (_, id) => `p${id}`);
  return {
    epoch: { epoch: 1, fromSequence: 1, spec, partitionIds, placedFrom: placements.size > 0 ? 1 : null },
    partitionNames,
    placements,
  };
}

export interface Routed {
  /** The id of the partition, or the reason for none. */
  readonly to: number | string;
  readonly key: string | null;
}

/** The routing of a new ledger with a number of partitions, or with these names. */
export function routing(
  text: string,
  partitions: number | readonly string[] | undefined,
): (line: string | Buffer) => Routed {
  const spec = parseRoutingSpec(text);
  const { partitionNames, partitionIds } = layOutPartitions(spec, partitions);
  return routed(inForce({ spec, partitionIds, partitionNames }));
}

/** The same routing in any epoch. */
export function routed(routing: RoutingInForce): (line: string | Buffer) => Routed {
  const router = makeRouter(routing);
  const fields = new FieldReader(router.fields, DEPTH_MAX);
  return (line) => {
    const read = fields.read(Buffer.from(line));
    return { to: router.route(read), key: router.keyOf(read) };
  };
}
