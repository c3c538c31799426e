/** The driver for ledgers in SQLite files, and for segments of their archives. A location is the path of the file. */

import { invalidArgument, LedgerError } from '../../model/ledger-error.ts';
import { displayedLocation } from '../../model/location.ts';
import type { LedgerDriver } from '../driver.ts';
import type { Ledger } from '../ledger.ts';
import { createSqliteLedger, openSqliteLedger, sqliteLedgerExists } from './connection/open.ts';

/** Commits take milliseconds. */
const BUSY_TIMEOUT_MS = 5000;

export const sqliteDriver: LedgerDriver = {
  busyTimeoutMs: BUSY_TIMEOUT_MS,
  permissions: null,
  create: async (path, blueprint, clock, busyLimit) => {
    if (blueprint.config.layout !== null) throw hasNoLayout(path);
    await createSqliteLedger(path, blueprint, clock, busyLimit);
  },
  open: openFile,
  exists: async (path) => sqliteLedgerExists(path),
};

function hasNoLayout(path: string): LedgerError {
  return invalidArgument(
    `${displayedLocation(path)}: a layout is given, and a ledger in a file has none`,
    'leave the layout out, or keep the ledger on NATS: nats://HOST/NAME',
    'layout',
  );
}

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
