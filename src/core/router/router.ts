/** The gills: makes the router of a routing. Routers are pure and stable for ever; they do no I/O and see one line at a time. */

import { LedgerError } from '../model/ledger-error.ts';
import type { PartitionId } from '../model/partition.ts';
import type { Placements, RouteRefusal, Router, RouterFactory, RoutingInForce, Rule } from '../model/routing.ts';
import { compositeRouter } from './composite-router.ts';
import { hashRouter } from './hash-router.ts';
import { manualRouter } from './manual-router.ts';
import { rangeRouter } from './range-router.ts';
import { stickyIsNotWired } from './sticky-not-wired.ts';

/** @throws LedgerError DAMAGED_LEDGER where the epoch and the partitions contradict each other. */
export const makeRouter: RouterFactory = (routing) => {
  const router = withMissing(routing, ruleOf(routing));
  return routing.placements.size === 0 ? router : placedFirst(routing.placements, router);
};

function ruleOf({ epoch: { spec, partitionIds }, partitionNames }: RoutingInForce): Rule {
  if (partitionIds.some((id) => id >= partitionNames.length)) throw contradiction('it has fewer partitions than its epoch');
  switch (spec.rule) {
    case 'hash':
      return hashRouter(spec.field, partitionIds);
    case 'range':
      if (spec.bounds.values.length + 1 !== partitionIds.length) throw contradiction('its partitions are not as many as its bounds make');
      return rangeRouter(spec.field, spec.bounds, partitionIds);
    case 'composite':
      return compositeRouter(spec.fields, partitionIds);
    case 'sticky':
      throw stickyIsNotWired();
    case 'manual':
      return manualRouter(spec.field, partitionNames, partitionIds);
  }
}

/** Only what has no key goes to that partition: a key of another kind than the bounds, or a name that no partition has, stays a bad line. */
function withMissing({ epoch, partitionNames }: RoutingInForce, rule: Rule): Router {
  const { missing } = epoch.spec;
  if (missing === null) return { ...rule, causeOf: () => 'rule' };
  const id = partitionNames.indexOf(missing);
  if (id < 0) throw contradiction(`it has no partition '${missing}' for events without a key`);
  return {
    ...rule,
    route: (line) => {
      const route = rule.route(line);
      return isWithoutKey(route) ? id : route;
    },
    causeOf: (line) => (isWithoutKey(rule.route(line)) ? 'missing' : 'rule'),
  };
}

function isWithoutKey(route: PartitionId | RouteRefusal): boolean {
  return route === 'key-missing' || route === 'key-not-scalar';
}

/** A key that was placed is not shown to the rule at all, so that one which the rule refuses may be placed too. */
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

function contradiction(fact: string): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', { message: `the ledger's routing is damaged: ${fact}`, hint: 'take a copy that is sound' });
}
