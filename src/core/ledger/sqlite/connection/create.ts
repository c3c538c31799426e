/** Creates a ledger in an empty file, in one transaction: after a crash the file is still empty, or it is a ledger. */

import type { Database } from 'better-sqlite3';
import type { LedgerBlueprint } from '../../../model/config.ts';
import type { Micros } from '../../../model/time/time.ts';
import { GENESIS } from '../../protocol/chain.ts';
import { firstEpoch, linkEpoch } from '../../protocol/epoch-link.ts';
import { formatConfig } from '../../protocol/stored-settings.ts';
import { writeEpoch } from '../write/begin-epoch.ts';
import { doNotSync, enableGivingBack, PAGE_BYTES, prepareForWriting, setWal } from './connection.ts';
import { APPLICATION_ID, creationSql, FORMAT, isEmptyDatabase, partitionTable } from './schema.ts';

/**
 * `isSyncedAfter`: the caller syncs the file before it has its name, and nothing here waits for the disk: 2 fsyncs in all and not 15.
 * @returns false if another process created it first.
 */
export function createLedger(
  db: Database,
  blueprint: LedgerBlueprint,
  now: Micros,
  { isSyncedAfter }: { readonly isSyncedAfter: boolean },
): boolean {
  db.pragma(`page_size = ${PAGE_BYTES}`);
  if (isSyncedAfter) doNotSync(db);
  enableGivingBack(db);
  if (isSyncedAfter) setWal(db);
  else prepareForWriting(db, 'full');
  const isMade = db
    .transaction(() => {
      if (!isEmptyDatabase(db)) return false;
      const bodies = blueprint.config.compression === null ? 'plain' : 'compressed';
      for (const sql of creationSql(blueprint.partitionNames.length, bodies)) db.exec(sql);
      writeIdentity(db, blueprint, now);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${FORMAT}`);
      return true;
    })
    .immediate();
  // The file is named without its -wal. Closing writes that back, too, and does not say if it could not: an empty database got the name.
  if (isSyncedAfter) db.pragma('wal_checkpoint(PASSIVE)');
  return isMade;
}

function writeIdentity(db: Database, blueprint: LedgerBlueprint, now: Micros): void {
  const ledger = { uuid: crypto.randomUUID(), createdAt: now, config: formatConfig(blueprint.config) };
  db.prepare('INSERT INTO ledger (id, uuid, created_at, config) VALUES (1, ?, ?, ?)').run(
    ledger.uuid,
    ledger.createdAt,
    ledger.config,
  );
  writeEpoch(db, linkEpoch(GENESIS, ledger, [], firstEpoch(blueprint), partitionTable));
}
