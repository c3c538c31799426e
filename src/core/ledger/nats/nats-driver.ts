/** The driver of ledgers on NATS: their log is a stream. */

import type { LedgerDriver } from '../driver.ts';
import { logDriver } from '../log/log-driver.ts';
import type { MarkStore } from '../log/write/mark-store.ts';
import { cacheDirectory } from './cache-directory.ts';
import { processEnvironment } from './environment.ts';
import { createStore, openStore, storeExists } from './store.ts';

/** Waits for this long where nobody waits for more: servers that have no leader, to see whether anything is there. */
const EXISTS_WAIT = { limitMs: 5000 };

/** Three servers need 5 to 7 s to elect another leader, up to 12 s when all of them were killed. */
const BUSY_TIMEOUT_MS = 15_000;

/** Opens the index of the ledger with this uuid in a directory, which is made if it is not there. Rejects where it cannot. */
export type OpenIndexIn = (directory: string, uuid: string) => Promise<MarkStore>;

export function natsDriver(openIndexIn: OpenIndexIn): LedgerDriver {
  return {
    ...logDriver(
      {
        open: (location, { busyLimit }) => openStore(location, { busyLimit }),
        create: (location, { durability, layout }, busyLimit) =>
          createStore(location, { busyLimit, isSynced: durability === 'full', isAtomic: layout === 'framed' }),
        exists: (location) => storeExists(location, { busyLimit: EXISTS_WAIT }),
      },
      { openIndex: async (uuid) => openIndexIn(cacheDirectory(processEnvironment.variables), uuid) },
    ),
    busyTimeoutMs: BUSY_TIMEOUT_MS,
    permissions: async (location) => (await import('./permissions.ts')).natsPermissions(location, processEnvironment),
  };
}
