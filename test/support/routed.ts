/** Routes lines as an emission does: through the real scanner, by the router of a spec. */

import { FieldReader } from '../../src/core/emission/field-reader.ts';
import { DEPTH_MAX } from '../../src/core/model/config.ts';
import { parseRoutingSpec } from '../../src/core/model/routing.ts';
import { makeRouter } from '../../src/core/router/router.ts';

export interface Routed {
  /** The partition's id, or why there is none. */
  readonly to: number | string;
  readonly key: string | null;
}

/** A routing at work over partitions of these names. */
export function routing(spec: string, names: readonly string[]): (line: string | Buffer) => Routed {
  const epoch = { epoch: 0, fromSequence: 1, spec: parseRoutingSpec(spec), partitionCount: names.length };
  const router = makeRouter(epoch, names);
  const fields = new FieldReader(router.fields, DEPTH_MAX);
  return (line) => {
    const read = fields.read(Buffer.from(line));
    return { to: router.route(read), key: router.keyOf(read) };
  };
}
