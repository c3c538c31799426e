/** The gills: makes the router of an epoch. Routers are pure and stable for ever; they do no I/O and see one line at a time. */

import type { RouterFactory } from '../model/routing.ts';
import { hashRouter } from './hash-router.ts';
import { manualRouter } from './manual-router.ts';

export const makeRouter: RouterFactory = (epoch, partitionNames) => {
  switch (epoch.spec.rule) {
    case 'hash':
      return hashRouter(epoch.spec.field, epoch.partitionCount);
    case 'manual':
      return manualRouter(epoch.spec.field, partitionNames.slice(0, epoch.partitionCount));
  }
};
