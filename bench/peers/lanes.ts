/** The lanes over which every peer spreads the events: partitions, streams or subjects. */

import { createHash } from 'node:crypto';

export const PARTITIONS = 8;

/** Spreads tenants as evenly as a hash; the choice of hash does not matter here. */
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
