/** Creates a ledger in an empty file, in one transaction: after a crash the file is still empty, or it is a ledger. */

import type { Database } from 'better-sqlite3';
import type { LedgerBlueprint } from '../../../model/config.ts';
import type { Micros } from '../../../model/time/time.ts';
import { GENESIS } from '../../protocol/chain.ts';
import { firstEpoch, linkEpoch } from '../../protocol/epoch-link.ts';
import { formatConfig } from '../../protocol/stored-settings.ts';
import { writeEpoch } from '../write/begin-epoch.ts';
import { enableGivingBack, PAGE_BYTES, prepareForWriting } from './connection.ts';
import { APPLICATION_ID, creationSql, FORMAT, isEmptyDatabase, partitionTable } from './schema.ts';

/** @returns false if another process created it first. */
export function createLedger(db: Database, blueprint: LedgerBlueprint, now: Micros): boolean {
  db.pragma(`page_size = ${PAGE_BYTES}`);
  enableGivingBack(db);
  prepareForWriting(db, 'full');
  return db
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
