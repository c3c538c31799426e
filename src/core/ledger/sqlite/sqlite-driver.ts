/** The driver for ledgers in SQLite files, and for segments of their archives. A location is the path of the file. */

import { LedgerError } from '../../model/ledger-error.ts';
import type { LedgerDriver } from '../driver.ts';
import type { Ledger } from '../ledger.ts';
import { createSqliteLedger, openSqliteLedger, sqliteLedgerExists } from './connection/open.ts';

/** Commits take milliseconds. */
const BUSY_TIMEOUT_MS = 5000;

export const sqliteDriver: LedgerDriver = {
  busyTimeoutMs: BUSY_TIMEOUT_MS,
  permissions: null,
  create: createSqliteLedger,
  open: openFile,
  exists: async (path) => sqliteLedgerExists(path),
};

/** What is no ledger may be a segment: ledgers are opened more often, and must not pay for it. */
async function openFile(path: string, options: Parameters<LedgerDriver['open']>[1]): Promise<Ledger> {
  try {
    return await openSqliteLedger(path, options);
  } catch (error) {
    if (!(error instanceof LedgerError && error.details['isSegment'] === true)) throw error;
    const { SegmentLedger } = await import('./segment/segment-ledger.ts');
    return SegmentLedger.open(path, options.access);
  }
}
