/** The driver for ledgers in SQLite files. A location is the path of the file. */

import type { LedgerDriver } from '../driver.ts';
import { createSqliteLedger, openSqliteLedger, sqliteLedgerExists } from './connection/open.ts';

export const sqliteDriver: LedgerDriver = {
  create: createSqliteLedger,
  open: openSqliteLedger,
  exists: async (path) => sqliteLedgerExists(path),
};
