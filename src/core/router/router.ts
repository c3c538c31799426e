/** The gills: makes the router of an epoch. Routers are pure and stable for ever; they do no I/O and see one line at a time. */

import { LedgerError } from '../model/ledger-error.ts';
import type { PartitionId } from '../model/partition.ts';
import type { Epoch, Router, RouterFactory } from '../model/routing.ts';
import { compositeRouter } from './composite-router.ts';
import { hashRouter } from './hash-router.ts';
import { manualRouter } from './manual-router.ts';
import { rangeRouter } from './range-router.ts';
import { stickyIsNotWired } from './sticky-not-wired.ts';

/** @throws LedgerError DAMAGED_LEDGER where the epoch and the partitions contradict each other. */
export const makeRouter: RouterFactory = (epoch, partitionNames) => {
  const router = routerOf(epoch, partitionNames);
  const { missing } = epoch.spec;
  if (missing === null) return router;
  const id = partitionNames.indexOf(missing);
  if (id < 0) throw contradiction(`it has no partition '${missing}' for events without a key`);
  return withoutKeyTo(id, router);
};

function routerOf({ spec, partitionCount }: Epoch, partitionNames: readonly string[]): Router {
  switch (spec.rule) {
    case 'hash':
      return hashRouter(spec.field, partitionCount);
    case 'range':
      if (spec.bounds.values.length + 1 !== partitionCount) throw contradiction('its partitions are not as many as its bounds make');
      return rangeRouter(spec.field, spec.bounds);
    case 'composite':
      return compositeRouter(spec.fields, partitionCount);
    case 'sticky':
      throw stickyIsNotWired();
    case 'manual':
      return manualRouter(spec.field, partitionNames.slice(0, partitionCount));
  }
}

/** Only what has no key goes there: a key of another kind than the bounds, or a name that no partition has, stays a bad line. */
function withoutKeyTo(missing: PartitionId, router: Router): Router {
  return {
    ...router,
    route: (line) => {
      const route = router.route(line);
      return route === 'key-missing' || route === 'key-not-scalar' ? missing : route;
    },
  };
}

function contradiction(fact: string): LedgerError {
  return new LedgerError('DAMAGED_LEDGER', { message: `the ledger's routing is damaged: ${fact}`, hint: 'take a copy that is sound' });
}
