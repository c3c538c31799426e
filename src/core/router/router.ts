/**
 * Builds the router of a routing. Rules are pure and stable across versions; they do no I/O and see one line at a time.
 */

import { inOption, invalidArgument, LedgerError } from '../model/ledger-error.ts';
import { keyParts } from '../model/routing/key-text.ts';
import { type Partition, type PartitionId, selectPartitions } from '../model/routing/partition.ts';
import { NO_OVERRIDE, type RouteRefusal, type Router, type RouterFactory, type Rule } from '../model/routing/router.ts';
import type { Placements, RoutingInForce, RoutingSpec } from '../model/routing/routing.ts';
import { formatRoutingSpec } from '../model/routing/routing-text.ts';
import type { RoutableLine } from '../scan/scanned-field.ts';
import { compositeRouter } from './composite-router.ts';
import { fieldText } from './field-text.ts';
import { hashRouter } from './hash-router.ts';
import { lineOfKey } from './key-line.ts';
import { manualRouter } from './manual-router.ts';
import { rangeRouter } from './range-router.ts';
import { noKey } from './refusal.ts';
import { StickyRouter } from './sticky-router.ts';

/**
 * @throws LedgerError DAMAGED_LEDGER if the epoch and the partitions contradict each other; UNKNOWN_PARTITION or
 * INVALID_ARGUMENT for an invalid partition or key override
 */
export const makeRouter: RouterFactory = (routing, override = NO_OVERRIDE) => {
  const router = routerOf(routing);
  const { spec } = routing.epoch;
  const sentTo = override.to === null ? null : partitionNamed(routing.partitionNames, override.to);
  const line = override.key === null ? null : lineOfKey(spec, partsOfKey(spec, override.key));
  // a hash over the whole payload reads no key, but accepts a given one
  const givenKey = line === null ? null : (router.keyOf(line) ?? fieldText(line, 0));
  const free: Router = { ...router, givenKey, sentTo };
  if (sentTo !== null) return toOnePartition(free, sentTo);
  if (line === null) return free;
  if (spec.rule === 'sticky' && router.causeOf(line) !== 'placed')
    return { ...free, fields: [], sessions: sessionsOf(routing, line) };
  return toOnePartition(free, placeOf(line, routing, router));
};

function routerOf(routing: RoutingInForce): Router {
  const rule = ruleOf(routing);
  const sessions = routing.epoch.spec.rule === 'sticky' ? sessionsOf(routing, null) : null;
  const router = withMissing(routing, {
    ...rule,
    causeOf: () => 'rule',
    sessions,
    everyLineTo: null,
    givenKey: null,
    sentTo: null,
  });
  return routing.placements.size === 0 ? router : placedFirst(routing.placements, router);
}

function ruleOf({ epoch: { spec, partitionIds }, partitionNames }: RoutingInForce): Rule {
  if (partitionIds.some((id) => id >= partitionNames.length))
    throw contradiction('it has fewer partitions than its epoch');
  switch (spec.rule) {
    case 'hash':
      return hashRouter(spec.field, partitionIds);
    case 'range':
      if (spec.bounds.values.length + 1 !== partitionIds.length)
        throw contradiction('its partitions are not as many as its bounds make');
      return rangeRouter(spec.field, spec.bounds, partitionIds);
    case 'composite':
      return compositeRouter(spec.fields, partitionIds);
    case 'sticky':
      // earlier events decide where a session goes: the rule itself knows only lines without one
      return { fields: [spec.field], route: (line) => noKey(line.kind(0)), keyOf: (line) => fieldText(line, 0) };
    case 'manual':
      return manualRouter(spec.field, partitionNames, partitionIds);
  }
}

function sessionsOf({ epoch: { spec }, placements }: RoutingInForce, only: RoutableLine | null): StickyRouter {
  return new StickyRouter({ idleMicros: spec.rule === 'sticky' ? spec.idleMicros : null, only, placements });
}

/**
 * Only events without a key go to that partition: a key of another kind than the bounds, or an unknown partition name,
 * remains a bad line.
 */
function withMissing({ epoch, partitionNames }: RoutingInForce, router: Router): Router {
  const { missing } = epoch.spec;
  if (missing === null) return router;
  const id = partitionNames.indexOf(missing);
  if (id < 0) throw contradiction(`it has no partition '${missing}' for events without a key`);
  return {
    ...router,
    route: (line) => {
      const route = router.route(line);
      return isWithoutKey(route) ? id : route;
    },
    causeOf: (line) => (isWithoutKey(router.route(line)) && router.keyOf(line) === null ? 'missing' : 'rule'),
  };
}

function isWithoutKey(route: PartitionId | RouteRefusal): boolean {
  return route === 'key-missing' || route === 'key-not-scalar';
}

/** The rule never sees a placed key, so that a key which the rule rejects can be placed too. */
function placedFirst(placements: Placements, router: Router): Router {
  return {
    ...router,
    route: (line) => {
      const key = router.keyOf(line);
      return (key === null ? undefined : placements.get(key)) ?? router.route(line);
    },
    causeOf: (line) => {
      const key = router.keyOf(line);
      return key !== null && placements.has(key) ? 'placed' : router.causeOf(line);
    },
  };
}

/** No line is read then. */
function toOnePartition(router: Router, partition: PartitionId): Router {
  return { ...router, fields: [], route: () => partition, sessions: null, everyLineTo: partition };
}

function partsOfKey(spec: RoutingSpec, key: string): readonly string[] {
  if (key === '')
    throw invalidArgument(
      'an empty key cannot be given',
      'give a key, or leave it out so that each event has its own',
      'key',
    );
  return readsNoKey(spec) ? [key] : inOption('key', () => keyParts(spec, key));
}

/** Routes the line of a key: a hash over the whole payload reads none from events, and uses the text of a given one. */
export function keyRule({ epoch: { spec, partitionIds } }: RoutingInForce, router: Router): Pick<Rule, 'route'> {
  return readsNoKey(spec) ? hashRouter([], partitionIds) : router;
}

export function readsNoKey(spec: RoutingSpec): boolean {
  return spec.rule === 'hash' && spec.field === null;
}

function placeOf(line: RoutableLine, routing: RoutingInForce, router: Router): PartitionId {
  const { spec, partitionIds } = routing.epoch;
  const place = keyRule(routing, router).route(line);
  if (typeof place === 'number') return place;
  const key = fieldText(line, 0) ?? '';
  if (place === 'unknown-partition') return partitionNamed(routing.partitionNames, key, partitionIds);
  throw invalidArgument(
    `the key '${key.slice(0, 80)}' cannot be compared with the bounds of ${formatRoutingSpec(spec)}`,
    'give a key of the same kind',
    'key',
  );
}

/** @throws LedgerError UNKNOWN_PARTITION listing the existing ones */
function partitionNamed(
  names: readonly string[],
  name: string,
  among: readonly PartitionId[] = [...names.keys()],
): PartitionId {
  const partitions = among.map((id) => ({ id, name: names[id] as string }));
  const [found] = selectPartitions(partitions, [name]);
  return (found as Partition).id;
}

function contradiction(fact: string): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', {
    message: `the ledger's routing is damaged: ${fact}`,
    hint: 'restore an intact copy',
  });
}
