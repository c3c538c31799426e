/** Turns the routing of a new ledger, or a planned change of it, into the next link of the chain. Pure. */

import type { LedgerBlueprint } from '../../model/config.ts';
import { invariant } from '../../model/ledger-error.ts';
import { type EpochPlan, type Plan, routingAfter } from '../../model/routing/epoch-plan.ts';
import { PARTITIONS_MAX, type PartitionId } from '../../model/routing/partition.ts';
import { type Epoch, NO_PLACEMENTS, type Placement, type RoutingInForce } from '../../model/routing/routing.ts';
import { formatRoutingSpec } from '../../model/routing/routing-text.ts';
import type { RoutingChange } from '../ledger.ts';
import { type EpochLink, hashEpoch, type LogPlace } from './chain.ts';
import { type LedgerState, routingOf } from './ledger-state.ts';

/** Contents of a new epoch, independent of how a storage writes them. */
export interface PlannedEpoch {
  readonly routing: RoutingInForce;
  /** Names of its new partitions, in the order of their ids, which follow the existing ones. */
  readonly newPartitionNames: readonly string[];
  /** By the bytes of their keys: they are hashed in that order. */
  readonly placements: readonly Placement[];
}

/** The first epoch of a new ledger. */
export function firstEpoch({ routing: spec, partitionNames, partitionIds }: LedgerBlueprint): PlannedEpoch {
  const epoch: Epoch = { epoch: 1, fromSequence: 1, spec, partitionIds, placedFrom: null };
  return {
    routing: { epoch, partitionNames, placements: NO_PLACEMENTS },
    newPartitionNames: partitionNames,
    placements: [],
  };
}

/**
 * The epoch that begins after the head.
 * @throws LedgerError INTERNAL for a plan that repeats a partition, exceeds PARTITIONS_MAX, or routes to a partition that does not exist
 */
function planEpoch(state: LedgerState, plan: EpochPlan): PlannedEpoch {
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

/** What a plan makes of the routing in force; null as the planned epoch if it changes nothing. */
export interface DecidedEpoch {
  readonly planned: PlannedEpoch | null;
  readonly change: RoutingChange;
}

/** @throws whatever the plan throws, and as {@link planEpoch} */
export function decideEpoch(state: LedgerState, plan: Plan): DecidedEpoch {
  const before = routingOf(state);
  const wanted = plan(before);
  if (wanted === null) return { planned: null, change: { before, after: before } };
  const planned = planEpoch(state, wanted);
  return { planned, change: { before, after: planned.routing } };
}

/** A link of the chain, its hash, and the routing from it on. */
export interface LinkedEpoch {
  readonly routing: RoutingInForce;
  readonly link: EpochLink;
  readonly hash: Buffer;
}

/** Links an epoch. `previous`: hash of the link before it; `known`: the partitions of the epoch before it, by id. `tableOf`: where a new one has its frames. `place`: in a log. */
export function linkEpoch(
  previous: Buffer,
  ledger: EpochLink['ledger'],
  known: EpochLink['partitions'],
  { routing, newPartitionNames, placements }: PlannedEpoch,
  tableOf: (id: PartitionId) => string,
  place?: LogPlace,
): LinkedEpoch {
  const { epoch } = routing;
  const added = newPartitionNames.map((name, nth) => {
    const id = known.length + nth;
    return { id, name, tableName: tableOf(id), epoch: epoch.epoch };
  });
  const link = {
    ledger,
    epoch: epoch.epoch,
    fromSequence: epoch.fromSequence,
    routing: formatRouting(epoch),
    partitions: [...known, ...added],
    placements,
  };
  return { routing, link, hash: hashEpoch(previous, link, place) };
}

/** The routing of an epoch, as it is stored and hashed. */
function formatRouting({ spec, partitionIds, placedFrom }: Epoch): string {
  return JSON.stringify({
    spec: formatRoutingSpec(spec),
    partitions: partitionIds,
    ...(placedFrom === null ? {} : { placedFrom }),
  });
}
