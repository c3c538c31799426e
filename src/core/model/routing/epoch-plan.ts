/**
 * Plans new epochs: what a change makes of the routing in force. Pure: a ledger requests the plan inside the
 * transaction that applies it.
 */

import { inOption, invalidArgument } from '../ledger-error.ts';
import { formatFieldPath } from '../text/field-path.ts';
import { shellWord } from '../text/shell-word.ts';
import { checkCount, partitionNames, selectPartitions } from './partition.ts';
import { checkPartitionsMade, keyedNames, partitionsMade, withMissingName } from './partition-layout.ts';
import { type Placement, type RoutingInForce, type RoutingSpec, routingFields } from './routing.ts';
import { formatRoutingSpec } from './routing-text.ts';

/** Everything that a new epoch fixes, except its number and its first sequence. */
export interface EpochPlan {
  readonly spec: RoutingSpec;
  /** All partitions, new ones last; none is ever removed. */
  readonly newPartitionNames: readonly string[];
  /** Partitions that receive keys, new ones included. */
  readonly partitionIds: readonly number[];
  /** Partitions that are new with this epoch. */
  readonly placements: readonly Placement[];
  /** Whether current placements stay in force. */
  readonly keepsPlacements: boolean;
}

/** Null: nothing would change. @throws LedgerError INVALID_ARGUMENT, UNKNOWN_PARTITION */
export type Plan = (routing: RoutingInForce) => EpochPlan | null;

/** A key as routing reads it, and the name of its new partition. */
export interface KeyPlacement {
  readonly key: string;
  readonly partition: string;
}

/** The routing of the planned epoch, if it began at this sequence. */
export function routingAfter(routing: RoutingInForce, plan: EpochPlan, fromSequence: number): RoutingInForce {
  const { spec, partitionIds, keepsPlacements } = plan;
  const placements = new Map([
    ...(keepsPlacements ? routing.placements : []),
    ...plan.placements.map(({ key, partition }): [string, number] => [key, partition]),
  ]);
  const number = routing.epoch.epoch + 1;
  const kept = keepsPlacements ? routing.epoch.placedFrom : null;
  return {
    epoch: {
      epoch: number,
      fromSequence,
      spec,
      partitionIds,
      placedFrom: kept ?? (plan.placements.length > 0 ? number : null),
    },
    partitionNames: [...routing.partitionNames, ...plan.newPartitionNames],
    placements,
  };
}

/** Adds partitions that receive keys like the others. */
export function planAdd(names: readonly string[]): Plan {
  return ({ epoch, partitionNames: known }) => {
    const { spec } = epoch;
    if (spec.rule === 'range') {
      const field = formatFieldPath(spec.field);
      throw invalidArgument(
        `a range has as many partitions as its bounds make: ${epoch.partitionIds.length}`,
        `give it more bounds: completengine partition reroute ${shellWord(`range:${field}=BOUND,..`)} --partitions NAME,..`,
      );
    }
    const there = names.find((name) => known.includes(name));
    if (there !== undefined)
      throw invalidArgument(
        `partition '${there}' exists already`,
        'use another name; list the partitions with: completengine partition',
      );
    partitionNames(names);
    checkCount(known.length + names.length);
    const partitionIds = [...epoch.partitionIds, ...names.map((_, nth) => known.length + nth)];
    return { spec, newPartitionNames: names, partitionIds, placements: [], keepsPlacements: true };
  };
}

/** Places keys in the given partitions, whatever the rule decides. */
export function planPlace(wanted: readonly KeyPlacement[]): Plan {
  return ({ epoch, partitionNames: known, placements }) => {
    const { spec, partitionIds } = epoch;
    if (routingFields(spec).length === 0) {
      throw invalidArgument(
        'a hash over the whole payload has no keys to place',
        'route by a field first: completengine partition reroute hash:FIELD',
      );
    }
    const keys = new Set<string>();
    const twice = wanted.find(({ key }) => keys.has(key) || !keys.add(key));
    if (twice !== undefined)
      throw invalidArgument(`the key '${twice.key.slice(0, 80)}' is placed twice`, 'place each key once');
    const partitions = known.map((name, id) => ({ id, name }));
    const chosen = selectPartitions(
      partitions,
      wanted.map(({ partition }) => partition),
    );
    const changed = wanted
      .map(({ key }, at) => ({ key, partition: chosen[at]?.id as number }))
      .filter(({ key, partition }) => placements.get(key) !== partition);
    return changed.length === 0
      ? null
      : { spec, newPartitionNames: [], partitionIds, placements: changed, keepsPlacements: true };
  };
}

/**
 * Replaces the rule. `asked`: number of partitions that receive keys, or their names, which may be new. Default: the
 * current ones; for a range as many as its bounds make. Placements stay if the same fields are read.
 */
export function planReroute(spec: RoutingSpec, asked: number | readonly string[] | undefined): Plan {
  return ({ epoch, partitionNames: known, placements }) => {
    const current = epoch.partitionIds.map((id) => known[id] as string);
    const wanted =
      typeof asked === 'object'
        ? inOption('partitions', () => partitionNames(asked))
        : inOption('partitions', () =>
            countedNames(current, asked ?? partitionsMade(spec) ?? current.length, spec.missing),
          );
    inOption('partitions', () => checkPartitionsMade(spec, wanted.length));
    const newPartitionNames = withMissingName(spec, wanted).filter((name) => !known.includes(name));
    inOption('partitions', () => checkCount(known.length + newPartitionNames.length));
    const names = [...known, ...newPartitionNames];
    const partitionIds = keyedNames(spec, wanted).map((name) => names.indexOf(name));
    const isSame =
      formatRoutingSpec(spec) === formatRoutingSpec(epoch.spec) && partitionIds.join() === epoch.partitionIds.join();
    if (isSame) return null;
    return {
      spec,
      newPartitionNames,
      partitionIds,
      placements: [],
      keepsPlacements: placements.size > 0 && readsTheSame(spec, epoch.spec),
    };
  };
}

/**
 * The first N of the partitions that receive keys now; additional ones are named by their number, as in a new ledger.
 */
function countedNames(current: readonly string[], count: number, missing: string | null): readonly string[] {
  const names = current.slice(0, checkCount(count));
  for (let number = names.length; names.length < count; number++) {
    const name = `p${number}`;
    if (!names.includes(name) && name !== missing) names.push(name);
  }
  return names;
}

function readsTheSame(one: RoutingSpec, other: RoutingSpec): boolean {
  const fields = (spec: RoutingSpec) => routingFields(spec).map(formatFieldPath).join('+');
  return fields(one) === fields(other);
}

/**
 * Share of keys that a hash over more partitions moves, on average: a key stays if both counts leave the same
 * remainder.
 */
export function movedByHash(before: number, after: number): number {
  return 1 - Math.min(before, after) / leastCommonMultiple(before, after);
}

function leastCommonMultiple(one: number, other: number): number {
  let [rest, divisor] = [one, other];
  while (divisor > 0) [rest, divisor] = [divisor, rest % divisor];
  return (one * other) / rest;
}
