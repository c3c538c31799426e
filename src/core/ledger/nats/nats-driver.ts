/** The driver of ledgers on NATS: their log is a stream. */

import type { LedgerDriver } from '../driver.ts';
import { logDriver } from '../log/log-driver.ts';
import { createStore, openStore, storeExists } from './store.ts';

/** Waits for this long where nobody waits for more: servers that have no leader, to see whether anything is there. */
const EXISTS_WAIT = { limitMs: 5000 };

export const natsDriver: LedgerDriver = logDriver({
  open: (location, { busyLimit }) => openStore(location, { busyLimit }),
  create: (location, _, busyLimit) => createStore(location, { busyLimit }),
  exists: (location) => storeExists(location, { busyLimit: EXISTS_WAIT }),
});
