/** The lanes that every peer spreads the same events over: a partition, a stream or a subject each. */

import { createHash } from 'node:crypto';

export const PARTITIONS = 8;

/** As evenly as a hash spreads tenants; which hash it is does not matter here. */
export function laneOfTenants(): (tenant: string) => number {
  const known = new Map<string, number>();
  return (tenant) => {
    let lane = known.get(tenant);
    if (lane === undefined) {
      lane = createHash('sha256').update(tenant).digest().readUInt32BE(0) % PARTITIONS;
      known.set(tenant, lane);
    }
    return lane;
  };
}
