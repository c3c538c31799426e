/** Turns a planned change of routing into the next link of the chain. Pure. */

import { invariant } from '../../model/ledger-error.ts';
import { type EpochPlan, routingAfter } from '../../model/routing/epoch-plan.ts';
import { PARTITIONS_MAX } from '../../model/routing/partition.ts';
import type { Placement, RoutingInForce } from '../../model/routing/routing.ts';
import type { LedgerState } from './ledger-state.ts';

/** Contents of a new epoch, independent of how a storage writes them. */
export interface PlannedEpoch {
  readonly routing: RoutingInForce;
  /** Names of its new partitions, in the order of their ids, which follow the existing ones. */
  readonly newPartitionNames: readonly string[];
  /** By the bytes of their keys: they are hashed in that order. */
  readonly placements: readonly Placement[];
}

/**
 * The epoch that begins after the head.
 * @throws LedgerError INTERNAL for a plan that repeats a partition, exceeds PARTITIONS_MAX, or routes to a partition that does not exist
 */
export function planEpoch(state: LedgerState, plan: EpochPlan): PlannedEpoch {
  const routing = routingAfter(state, plan, state.sequence + 1);
  const { epoch, partitionNames: names } = routing;
  invariant(
    new Set(names).size === names.length && names.length <= PARTITIONS_MAX,
    'the partitions of a new epoch are not possible',
  );
  invariant(
    epoch.partitionIds.every((id) => id < names.length),
    'a new epoch has a partition that is not there',
  );
  const placements = [...plan.placements].sort((one, other) =>
    Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)),
  );
  return { routing, newPartitionNames: plan.newPartitionNames, placements };
}
