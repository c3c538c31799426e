/** Reads the head of a ledger with its place among those of one sequence. */

import type { Database } from 'better-sqlite3';
import type { ChainEnd } from '../../ledger.ts';
import { DOMAIN } from '../../protocol/chain.ts';
import { lastArchiveRow } from '../archive/archive-rows.ts';
import { lastEpochRow } from '../connection/identity.ts';
import { readHead } from '../write/write-state.ts';

/** To be called in a transaction. Epochs and records of archived runs are numbered from 1. */
export function readChainEnd(db: Database): ChainEnd {
  const joints = lastEpochRow(db).epoch + (lastArchiveRow(db)?.number ?? 0);
  return { head: readHead(db), joints, format: DOMAIN };
}
