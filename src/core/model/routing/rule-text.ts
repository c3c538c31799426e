/** Describes how keys reach a partition: `hash 3 of 8`, `100 <= amount < 1000`. No I/O. */

import { formatFieldPath } from '../text/field-path.ts';
import type { PartitionId } from './partition.ts';
import { formatBounds } from './range-bounds.ts';
import type { RouteCause } from './router.ts';
import type { RoutingInForce } from './routing.ts';

/** All ways in which keys reach the partition now. Without control characters. */
export function partitionRule(routing: RoutingInForce, id: PartitionId): string {
  const { epoch, partitionNames, placements } = routing;
  const placed = [...placements.values()].filter((partition) => partition === id).length;
  const ways = [
    ...(epoch.partitionIds.includes(id) ? [ruleOf(routing, id)] : []),
    ...(epoch.spec.missing === partitionNames[id] ? ['no key'] : []),
    ...(placed > 0 ? [`${placed} placed`] : []),
  ];
  return ways.length === 0 ? 'no new events' : ways.join(', ');
}

/** The way in which one event or key reached it. */
export function causeRule(routing: RoutingInForce, id: PartitionId, cause: RouteCause): string {
  switch (cause) {
    case 'placed':
      return 'placed';
    case 'missing':
      return 'no key';
    case 'rule':
      return ruleOf(routing, id);
  }
}

function ruleOf({ epoch: { spec, partitionIds }, partitionNames }: RoutingInForce, id: PartitionId): string {
  const number = partitionIds.indexOf(id);
  switch (spec.rule) {
    case 'hash':
    case 'composite':
      return `hash ${number} of ${partitionIds.length}`;
    case 'range':
      return betweenBounds(formatFieldPath(spec.field), formatBounds(spec.bounds), number);
    case 'manual':
      return `${formatFieldPath(spec.field)} = ${partitionNames[id]}`;
    case 'sticky':
      return 'sessions';
  }
}

function betweenBounds(field: string, bounds: readonly string[], number: number): string {
  const [low, high] = [bounds[number - 1], bounds[number]];
  if (low === undefined) return `${field} < ${high}`;
  return high === undefined ? `${field} >= ${low}` : `${low} <= ${field} < ${high}`;
}
