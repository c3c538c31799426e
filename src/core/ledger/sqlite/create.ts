/** Makes a new ledger in an empty file, in one transaction: after a crash the file is still empty, or it is a ledger. */

import type { Database } from 'better-sqlite3';
import type { LedgerBlueprint } from '../../model/config.ts';
import type { Micros } from '../../model/time.ts';
import { type EpochLink, GENESIS, hashEpoch } from '../chain.ts';
import { PAGE_BYTES, prepareForWriting } from './connection.ts';
import { formatConfig, formatRouting } from './identity.ts';
import { APPLICATION_ID, creationSql, FORMAT, isEmptyDatabase, partitionTable } from './schema.ts';

/** @returns false where another process made it first. */
export function createLedger(db: Database, blueprint: LedgerBlueprint, now: Micros): boolean {
  db.pragma(`page_size = ${PAGE_BYTES}`);
  prepareForWriting(db, 'full');
  return db
    .transaction(() => {
      if (!isEmptyDatabase(db)) return false;
      for (const sql of creationSql(blueprint.partitionNames.length)) db.exec(sql);
      writeIdentity(db, blueprint, now);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${FORMAT}`);
      return true;
    })
    .immediate();
}

function writeIdentity(db: Database, blueprint: LedgerBlueprint, now: Micros): void {
  const link: EpochLink = {
    ledger: { uuid: crypto.randomUUID(), createdAt: now, config: formatConfig(blueprint.config) },
    epoch: 1,
    fromSequence: 1,
    routing: formatRouting(blueprint.routing, blueprint.partitionCount),
    partitions: blueprint.partitionNames.map((name, id) => ({ id, name, tableName: partitionTable(id), epoch: 1 })),
  };
  db.prepare('INSERT INTO ledger (id, uuid, created_at, config) VALUES (1, ?, ?, ?)').run(link.ledger.uuid, link.ledger.createdAt, link.ledger.config);
  db.prepare('INSERT INTO epoch (epoch, from_sequence, routing, hash) VALUES (?, ?, ?, ?)').run(
    link.epoch,
    link.fromSequence,
    link.routing,
    hashEpoch(GENESIS, link),
  );
  const insert = db.prepare('INSERT INTO partition (id, name, table_name, epoch) VALUES (?, ?, ?, ?)');
  for (const partition of link.partitions) insert.run(partition.id, partition.name, partition.tableName, partition.epoch);
}
