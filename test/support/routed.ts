/** Routes lines as an emission does: through the real scanner, by the router of a spec. */

import { FieldReader } from '../../src/core/emission/field-reader.ts';
import { DEPTH_MAX } from '../../src/core/model/config.ts';
import { layOutPartitions } from '../../src/core/model/partition-layout.ts';
import { parseRoutingSpec } from '../../src/core/model/routing-text.ts';
import { makeRouter } from '../../src/core/router/router.ts';

export interface Routed {
  /** The partition's id, or why there is none. */
  readonly to: number | string;
  readonly key: string | null;
}

/** A routing at work in a new ledger with so many partitions, or with partitions of these names. */
export function routing(text: string, partitions: number | readonly string[] | undefined): (line: string | Buffer) => Routed {
  const spec = parseRoutingSpec(text);
  const { partitionNames, partitionCount } = layOutPartitions(spec, partitions);
  const router = makeRouter({ epoch: 0, fromSequence: 1, spec, partitionCount }, partitionNames);
  const fields = new FieldReader(router.fields, DEPTH_MAX);
  return (line) => {
    const read = fields.read(Buffer.from(line));
    return { to: router.route(read), key: router.keyOf(read) };
  };
}
