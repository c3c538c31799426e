/** Counts the transactions in a ledger's -wal, by the frames that end one. */

import { readFileSync } from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** Right for the first thousand pages: after a checkpoint SQLite writes the -wal from its start again. */
export function walCommits(ledger: string): number {
  const wal = readFileSync(`${ledger}-wal`);
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  let commits = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= wal.length; at += frameBytes) {
    // the size of the database after a frame that ends a transaction, 0 in the others
    if (wal.readUInt32BE(at + 4) > 0) commits++;
  }
  return commits;
}
