/** A group that has parked every event of a ledger, made in one statement: by deliveries that fail, a million would take an hour. */

import Database from 'better-sqlite3';
import { zstdText } from '../../src/index.ts';

/** The ledger must have the group, and one partition. */
export function parkAll(ledger: string, group: string): void {
  const db = new Database(ledger);
  db.function('zstd_text', zstdText);
  db.pragma('trusted_schema = ON');
  db.prepare(
    `INSERT INTO parked SELECT ?, sequence, 0, offset, 1, 'exit code 1', 'said ' || sequence, 1776000000000000, 0 FROM events`,
  ).run(group);
  db.close();
}
